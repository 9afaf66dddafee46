"""Proofs over edges that need more than their tail, or that a guard stands before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ringfence.boundary.model import Boundary, Claim, canonical
from ringfence.estate.facts import Fact, edge, line, node
from ringfence.guard import tree
from ringfence.guard.tree import NEVER, Compare, Condition, Not
from ringfence_verify import __main__ as program
from ringfence_verify.__main__ import main
from ringfence_verify.conditions import known
from ringfence_verify.estate import Case, Estate
from ringfence_verify.reading import SHAPES
from tests.reference.prover import Prover, facts_file, files, unique
from tests.reference.tampering import Files, encoded, resealed
from tests.reference.window import (
    AT_HOME,
    BOUNDARY,
    FACTS,
    IN_OFFICE,
    KEY,
    METRIC,
    ROWS,
)

Json = dict[str, Any]
AT: Any = {"at": "x:1", "source": "it"}
OFFICE, HOME = tree.canonical(IN_OFFICE), tree.canonical(AT_HOME)
ANN, CHO = "person:ann", "person:cho"
HELD = line(edge(ANN, "holds_key", "key:vault", **AT)).decode()


def offence(folder: Path, contents: Files, capsys: pytest.CaptureFixture[str]) -> str:
    """Check one proof; return what is said of it."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    proof = next(name for name in contents if name.startswith("claim-"))
    code = main([str(folder / proof)])
    said = capsys.readouterr().out.splitlines()[0]
    verified = 10 if " not re-checked" in said.partition(":")[0] else 0
    assert code == (12 if "NOT VERIFIED" in said else verified)
    return said.removeprefix(proof + " ").removeprefix("NOT VERIFIED: ")


def claimed(**changes: Any) -> Boundary:
    """Return the window's boundary with one claim, about the vault unless changed."""
    plain = {"excluded": "abroad", "protected": ("vault",), "exceptions": ("weekly",)}
    claim = Claim(id="it", says="", **{"kind": "no_reach", **plain, **changes})
    return msgspec.structs.replace(BOUNDARY, claims=(claim,))


def folder_of(
    facts: Iterable[Fact], boundary: Boundary, change: Callable[[Json], object]
) -> Files:
    """Return the files of a proof that the reference prover wrote, and a forger changed."""
    found = files(facts, boundary)
    proof = json.loads(found["claim-1-it.json"])
    change(proof)
    return resealed({**found, "claim-1-it.json": encoded(proof) + b"\n"})


def unchanged(_: Json) -> None:
    """Leave a proof as it is."""


def path_of(
    facts: Iterable[Fact], boundary: Boundary, origin: str, target: str, *lines: str
) -> Files:
    """Return the files of a counterexample of these facts, whatever they show."""
    every = unique(facts)
    path = {"origin": origin, "target": target, "verb": "read", "facts": [*lines]}
    found: Json = {"ringfence": "counterexample/1", "paths": [path]}
    prover = Prover(every, boundary, boundary.claims[0])
    proof = encoded(prover.sealed("refuted", found)) + b"\n"
    contents = {"facts.jsonl": facts_file(every), "boundary.json": canonical(boundary)}
    return {**contents, "claim-1-it.json": proof}


# --- several premises -----------------------------------------------------------------

READS = edge(ANN, "has_privilege", ROWS, verb="read", **AT)
HELPED = edge(CHO, "has_privilege", ROWS, verb="read", **AT)
NEEDY = next(fact for fact in FACTS if fact.needs)
OPENS = line(NEEDY).decode()


def texts(*facts: Fact) -> list[str]:
    return [line(fact).decode() for fact in facts]


def test_a_derivation_has_its_premises_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Key and ciphertext first, then what the two open."""
    contents = path_of([*FACTS, READS], claimed(), ANN, KEY, HELD, *texts(READS), OPENS)
    said = offence(tmp_path, contents, capsys)
    assert said == "ok: refuted; ann reaches vault/s.t.key in 3 hops"


LEE = edge("person:lee", "has_privilege", ROWS, verb="read", **AT)
PATHS: list[tuple[Fact, str, list[str], str]] = [
    (READS, ANN, [HELD, OPENS], f"hop 2 needs `{ROWS}`, which isn't held"),
    (READS, ANN, [HELD, OPENS, *texts(READS)], f"hop 2 needs `{ROWS}`, which isn't"),
    (READS, ANN, [*texts(READS), OPENS], "hop 2 is no edge in force from what is held"),
    (READS, ANN, [HELD, OPENS.replace("key", "kee")], "hop 2 is no edge in force from"),
    (READS, ANN, [OPENS, HELD, *texts(READS)], "hop 1 is no edge in force from what"),
    (READS, ANN, [HELD, *texts(READS)], f"doesn't lead to `read` on `{KEY}`"),
    (
        LEE,
        ANN,
        [HELD, *texts(LEE), OPENS],
        "hop 2 is no edge in force from what is held",
    ),
    (
        HELPED,
        ANN,
        [HELD, *texts(HELPED), OPENS],
        "ok: refuted; ann reaches vault/s.t.key",
    ),
    (
        HELPED,
        CHO,
        [*texts(HELPED), HELD, OPENS],
        "ok: refuted; cho reaches vault/s.t.key",
    ),
    (READS, CHO, [HELD, *texts(READS), OPENS], f"no hop is from `{CHO}`"),
]


@pytest.mark.parametrize("row", PATHS, ids=[str(n) for n in range(len(PATHS))])
def test_what_a_hop_needs_is_held_before_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: Any
):
    """Each premise comes from a hop before, or is the own of someone surely excluded."""
    further, origin, lines, expected = row
    contents = path_of([*FACTS, further], claimed(), origin, KEY, *lines)
    assert expected in offence(tmp_path, contents, capsys)


def test_what_is_conceded_to_a_contributor_refutes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Whoever brings a premise and may have the target anyway is no counterexample."""
    needy = msgspec.structs.replace(NEEDY, value=METRIC)
    facts = [*FACTS, HELPED, needy]
    told = [HELD, *texts(HELPED, needy)]
    contents = path_of(facts, claimed(), ANN, METRIC, *told)
    assert offence(tmp_path, contents, capsys) == f"`{METRIC}` is conceded"


def test_a_single_principal_has_no_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """What two principals hold together, neither of them holds."""
    alone = claimed(
        kind="no_single_principal", kinds=("person",), share=30, exceptions=()
    )
    facts = [*FACTS, HELPED]
    contents = path_of(facts, alone, ANN, KEY, HELD, *texts(HELPED), OPENS)
    said = offence(tmp_path, contents, capsys)
    assert said == "hop 2 is no edge in force from what is held"
    contents = path_of([*FACTS, READS], alone, ANN, KEY, HELD, *texts(READS), OPENS)
    assert offence(tmp_path, contents, capsys).startswith(
        "ok: refuted; ann reaches 1 of"
    )
    needy = msgspec.structs.replace(NEEDY, needs=(METRIC,))
    apart = (f for f in FACTS if f != NEEDY and not f.control and f.guard != AT_HOME)
    facts = [*apart, needy]
    shared = claimed(kind="no_single_principal", kinds=("person",), exceptions=())
    said = offence(tmp_path, folder_of(facts, shared, unchanged), capsys)
    assert said.startswith("ok: upheld; ")

    def leave_out(proof: Json) -> None:
        for part in proof["parts"]:
            part["without"] = [OFFICE]

    said = offence(tmp_path, folder_of(facts, shared, leave_out), capsys)
    assert said == "this claim leaves out no guards"
    bare = claimed(
        kind="no_single_principal", kinds=("group",), exceptions=(), reach="bare"
    )
    said = offence(tmp_path, folder_of(facts, bare, leave_out), capsys)
    assert said == "this claim leaves out no guards"


def test_a_closed_set_is_closed_under_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """If all premises are held, so is what they give, whoever holds them."""
    before = files(FACTS, claimed())["claim-1-it.json"]
    for helper in (READS, HELPED):
        every = unique([*FACTS, helper])
        proof = json.loads(before)
        proof["counts"] = Prover(every, claimed(), claimed().claims[0]).counts()
        proof["parts"][-1]["closed"].setdefault("read", [])
        contents = {
            "facts.jsonl": facts_file(every),
            "boundary.json": canonical(claimed()),
        }
        contents["claim-1-it.json"] = encoded(proof) + b"\n"
        assert "leaves `closed`" in offence(tmp_path, resealed(contents), capsys)


def test_a_premise_in_other_hands_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """What one may read by an exception helps another who holds the key."""
    needy = msgspec.structs.replace(NEEDY, needs=(METRIC,))
    facts = unique([*(fact for fact in FACTS if fact != NEEDY), needy])
    proof = json.loads(files(FACTS, claimed())["claim-1-it.json"])
    contents = {"facts.jsonl": facts_file(facts), "boundary.json": canonical(claimed())}
    contents["claim-1-it.json"] = encoded(proof) + b"\n"
    said = offence(tmp_path, resealed(contents), capsys)
    assert said == f"`key:vault` decrypts `{KEY}` leaves `closed`"


@pytest.mark.parametrize(
    ("needed", "expected"),
    [
        ("role:main/none", "no source describes `role:main/none`"),
        ("service_account:spare", "`service_account:spare`, or says who holds it"),
        ("store:far", "no source covers `store:far`"),
        ("dataset:far/t", "no store is known of `dataset:far/t`"),
    ],
)
def test_a_premise_is_on_the_way_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], needed: str, expected: str
):
    """Of what an edge needs too, somebody has to say who holds it."""
    needy = msgspec.structs.replace(NEEDY, needs=(needed,))
    spare = node("service_account:spare", **AT)
    facts = unique([*(fact for fact in FACTS if fact != NEEDY), needy, spare])
    proof = json.loads(files(FACTS, claimed())["claim-1-it.json"])
    proof["counts"] = Prover(facts, claimed(), claimed().claims[0]).counts()
    contents = {"facts.jsonl": facts_file(facts), "boundary.json": canonical(claimed())}
    contents["claim-1-it.json"] = encoded(proof) + b"\n"
    assert expected in offence(tmp_path, resealed(contents), capsys)


def test_a_membership_that_needs_more_concedes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """An exception is for members, not for who would be one with somebody's help."""
    old = next(f for f in FACTS if (f.id, f.value) == (CHO, "group:weekly"))
    new = msgspec.structs.replace(old, needs=("key:vault",))
    facts = unique([*(fact for fact in FACTS if fact != old), new])
    proof = json.loads(files(FACTS, claimed())["claim-1-it.json"])
    contents = {"facts.jsonl": facts_file(facts), "boundary.json": canonical(claimed())}
    contents["claim-1-it.json"] = encoded(proof) + b"\n"
    said = offence(tmp_path, resealed(contents), capsys)
    assert said == f"`exceptions` don't fit `{CHO}`"


# --- guards ---------------------------------------------------------------------------


def of_cho(proof: Json) -> Json:
    """Return the part of which a guard is left out, about Cho."""
    found: Json = next(part for part in proof["parts"] if CHO in part["origins"])
    return found


def _leave_out(proof: Json, *guards: str) -> None:
    of_cho(proof)["without"] = sorted(guards)


def _conflict(proof: Json) -> Json:
    found: Json = proof["conflicts"][0]
    return found


FORGED: list[tuple[Callable[[Json], object], str]] = [
    (_leave_out, f"`group:weekly` has_privilege `{KEY}` leaves `closed`"),
    (lambda p: _leave_out(p, OFFICE), f"has_privilege `{KEY}` leaves `closed`"),
    (lambda p: _leave_out(p, OFFICE, HOME), f"covers requests that meet {OFFICE}"),
    (lambda p: of_cho(p).update(without=[OFFICE, HOME]), "isn't sorted, or repeats"),
    (lambda p: p.pop("conflicts"), f"no closed set covers requests that meet {HOME}"),
    (
        lambda p: _conflict(p).update(guards=[OFFICE]),
        "conflict 1: a request meets these guards: {'request.network': ['office']",
    ),
    (
        lambda p: _conflict(p).update(guards=[]),
        "`guards` is empty, unsorted or repeats",
    ),
    (
        lambda p: _conflict(p).update(guards=["zz"]),
        "conflict 1 is about what is no guard",
    ),
    (
        lambda p: _conflict(p)["known"].update({"principal.residence": ["US"]}),
        "conflict 1: a request meets these guards: {'principal.residence': ['US']",
    ),
    (
        lambda p: _conflict(p)["known"].update({"principal.residence": ["FR"]}),
        f"no closed set covers requests that meet {HOME}",
    ),
    (
        lambda p: _conflict(p)["known"].update({"principal.residence": ["CN", "US"]}),
        f"no closed set covers requests that meet {HOME}",
    ),
    (
        lambda p: _conflict(p)["known"].update({"principal.team": ["eng"]}),
        f"no closed set covers requests that meet {HOME}",
    ),
    (
        lambda p: _conflict(p)["known"].update(
            {"request.time": ["2022-01-31T00:00:00Z"]}
        ),
        f"no closed set covers requests that meet {HOME}",
    ),
    (
        lambda p: _conflict(p)["known"].update({"request.network": ["home"]}),
        "conflicts.known is not of the form `known`",
    ),
    (lambda p: _conflict(p).pop("proof"), "conflicts is not of the form `conflict`"),
    (
        lambda p: p["parts"].append(
            {**of_cho(p), "origins": [ANN, CHO], "exceptions": []}
        ),
        "`closed` lacks its origin",
    ),
]


@pytest.mark.parametrize(
    ("change", "expected"), FORGED, ids=[str(n) for n, _ in enumerate(FORGED)]
)
def test_what_a_certificate_leaves_out_is_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Any, expected: str
):
    """A guard is left out only where a conflict that applies says it isn't met."""
    contents = folder_of(FACTS, claimed(), change)
    assert expected in offence(tmp_path, contents, capsys)


def test_an_origin_is_in_one_family(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Closed sets of the same origins count as one; of others, each counts."""

    def twice(proof: Json) -> None:
        proof["parts"].append(of_cho(proof))

    said = offence(tmp_path, folder_of(FACTS, claimed(), twice), capsys)
    assert said.startswith("ok, 1 guard proof not re-checked: upheld; ")

    def apart(proof: Json) -> None:
        both = next(p for p in proof["parts"] if len(p["origins"]) > 1)
        proof["parts"].append({**both, "origins": both["origins"][:1]})

    said = offence(tmp_path, folder_of(FACTS, claimed(), apart), capsys)
    assert "is an origin too many, or left out" in said


def test_bare_reach_knows_no_guards(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Where guards are ignored, nothing may rest on them."""
    bare = claimed(reach="bare", protected=("mail",), verbs=("edit",), exceptions=())

    def leave(proof: Json) -> None:
        proof["parts"][0]["without"] = [OFFICE]

    def clash(proof: Json) -> None:
        proof["conflicts"] = [{"guards": [OFFICE], "known": {}, "proof": ""}]

    for change, expected in (
        (unchanged, "ok: upheld"),
        (leave, "this claim leaves out no guards"),
        (clash, "conflict 1 is about what is no guard"),
    ):
        contents = folder_of(FACTS, bare, change)
        assert offence(tmp_path, contents, capsys).startswith(expected)
    walked = claimed(reach="bare", protected=("mail",), exceptions=())

    def ask(proof: Json) -> None:
        proof["paths"][0]["request"] = {"request.network": ["office"]}

    for change, expected in (
        (unchanged, "ok: refuted"),
        (ask, "`request` says nothing of bare reach"),
    ):
        contents = folder_of(FACTS, walked, change)
        assert offence(tmp_path, contents, capsys).startswith(expected)


MAIL = claimed(protected=("mail",), exceptions=())
REQUESTS: list[tuple[Any, str]] = [
    ({"request.network": ["office"]}, "ok: refuted"),
    ({"Request.Network": ["office"]}, "ok: refuted"),
    ({"request.network": ["home"]}, "hop 2 is not certain"),
    ({"request.network": ["office", "office"]}, "hop 2 is not certain"),
    (
        {"request.network": ["office"], "REQUEST.network": ["home"]},
        "hop 2 is not certain",
    ),
    ({}, "hop 2 is not certain"),
    (None, "hop 2 is not certain"),
    ([], "request is not of the form"),
    (
        {"principal.residence": ["US"]},
        f"isn't one of `{ANN}`: principal.residence is CN",
    ),
    ({"Principal.Residence": []}, f"isn't one of `{ANN}`: principal.residence is CN"),
    ({"principal.residence": ["CN", "US"]}, "isn't one of"),
    (
        {"principal.team": ["any"], "request.network": ["office"]},
        f"nobody knows principal.team of `{ANN}`",
    ),
    ({"Principal.Team": []}, f"nobody knows principal.team of `{ANN}`"),
    ({"PRINCIPAL.colour": ["red"]}, f"nobody knows principal.colour of `{ANN}`"),
    (
        {"request.time": ["2022-02-01T00:00:00Z"]},
        "isn't made from 2022-01-31T00:00:00Z on, before 2022-02-01T00:00:00Z",
    ),
    ({"request.time": ["2022-01-30T23:59:59Z"]}, "isn't made from"),
    ({"request.time": ["now"]}, "isn't made from"),
    ({"request.time": ["2022-01-31", "2022-01-31"]}, "isn't made from"),
    (
        {"request.time": ["2022-01-31T23:59:59Z"], "request.network": ["office"]},
        "ok: ref",
    ),
    ({"request.time": [], "request.network": ["office"]}, "ok: refuted"),
]


@pytest.mark.parametrize(
    ("request_", "expected"), REQUESTS, ids=[str(n) for n, _ in enumerate(REQUESTS)]
)
def test_a_path_is_walked_by_one_request_of_its_origin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], request_: Any, expected: str
):
    """The request meets every guard, and is one that the origin surely can make."""

    def change(proof: Json) -> None:
        proof["paths"][0]["request"] = request_
        if request_ is None:
            del proof["paths"][0]["request"]

    contents = folder_of(FACTS, MAIL, change)
    assert expected in offence(tmp_path, contents, capsys)


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        (Compare("principal.residence", "equals", ("CN",)), "ok: refuted"),
        (
            Not(Compare("principal.residence", "equals", ("CN",))),
            "hop 2 is not certain",
        ),
        (tree.Absent("Principal.residence"), "hop 2 is not certain"),
        (tree.Absent("principal.team"), "hop 2 is not certain"),
        (
            Not(Compare("Principal.team", "equals", ("eng",))),
            "hop 2 is not certain",
        ),
        (tree.Absent("request.time"), "hop 2 is not certain"),
        (
            Not(Compare("request.time", "before", ("2000-01-01",))),
            "hop 2 is not certain",
        ),
        (
            tree.AnyOf((tree.Absent("principal.team"), tree.Absent("request.ticket"))),
            "ok: refuted",
        ),
        (tree.Undecided("?"), "hop 2 is not certain"),
        (NEVER, "hop 2 is not certain"),
        (tree.All(()), "ok: refuted"),
    ],
)
def test_what_is_known_of_an_origin_needs_no_saying(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    guard: Condition,
    expected: str,
):
    """What the facts say counts unsaid; what they don't, no guard surely rests on."""
    old = next(fact for fact in FACTS if fact.guard == IN_OFFICE)
    new = msgspec.structs.replace(old, guard=guard)
    facts = [*(fact for fact in FACTS if fact != old), new]
    path = json.loads(files(FACTS, MAIL)["claim-1-it.json"])["paths"][0]
    lines = [
        line(new).decode() if text == line(old).decode() else text
        for text in path["facts"]
    ]
    contents = path_of(facts, MAIL, ANN, path["target"], *lines)
    assert offence(tmp_path, contents, capsys).startswith(expected)
    for doubt in ({"unknown": "torn"}, {"control": "a proxy"}):
        unsure = msgspec.structs.replace(new, **doubt)
        told = [
            line(unsure).decode() if text == line(new).decode() else text
            for text in lines
        ]
        contents = path_of([*facts, unsure], MAIL, ANN, path["target"], *told)
        assert offence(tmp_path, contents, capsys) == "hop 2 is not certain"


def test_who_is_no_person_has_nothing_on_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """What a request says of a company's or an undecided person's file is a guess."""
    state = "legal_entity:state"
    way = edge(state, "has_privilege", KEY, verb="read", guard=AT_HOME, **AT)
    contents = path_of([*FACTS, way], claimed(), state, KEY, *texts(way))
    proof = json.loads(contents["claim-1-it.json"])
    proof["paths"][0]["request"] = {"principal.residence": ["US"]}
    contents["claim-1-it.json"] = encoded(proof)
    said = offence(tmp_path, contents, capsys)
    assert said == f"nobody knows principal.residence of `{state}`"


def test_a_control_beside_a_guard_is_never_certain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Nobody can decide the control, so the edge may work, and closes nothing off."""
    both = edge(
        ANN, "has_privilege", KEY, verb="read", guard=IN_OFFICE, control="a box", **AT
    )
    contents = path_of([*FACTS, both], claimed(), ANN, KEY, *texts(both))
    proof = json.loads(contents["claim-1-it.json"])
    proof["paths"][0]["request"] = {"request.network": ["office"]}
    contents["claim-1-it.json"] = encoded(proof)
    assert offence(tmp_path, contents, capsys) == "hop 1 is not certain"
    facts = unique([*FACTS, both])
    assert Prover(facts, claimed(), claimed().claims[0]).verdict()[0] == "unproven"
    certificate = json.loads(files(FACTS, claimed())["claim-1-it.json"])
    certificate["counts"] = Prover(facts, claimed(), claimed().claims[0]).counts()
    contents |= {"facts.jsonl": facts_file(facts)}
    contents["claim-1-it.json"] = encoded(certificate)
    assert "leaves `closed`" in offence(tmp_path, resealed(contents), capsys)


NOON = "2022-01-31T12:00:00Z"


@pytest.mark.parametrize(
    ("end", "time", "expected"),
    [
        ({"until": NOON}, "2022-01-31T11:59:59Z", "ok: refuted"),
        ({"until": NOON}, NOON, f"before {NOON}"),
        ({"since": NOON}, NOON, f"before {NOON}"),
        ({"since": "2021-01-01T00:00:00Z"}, NOON, "ok: refuted"),
        ({"until": "2022-02-01T00:00:01Z"}, "2022-01-31T23:59:59Z", "ok: refuted"),
        ({"until": "2022-02-01T00:00:01Z"}, "2022-02-01", "before 2022-02-01T00:00:00"),
    ],
)
def test_a_request_is_made_while_the_facts_last(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    end: Any,
    time: str,
    expected: str,
):
    """The day ends before its 24 hours as soon as any fact begins or ends."""
    other = edge("person:zoe", "member_of", "group:eng", **AT, **end)

    def change(proof: Json) -> None:
        proof["paths"][0]["request"]["request.time"] = [time]

    contents = folder_of([*FACTS, other], MAIL, change)
    assert expected in offence(tmp_path, contents, capsys)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (["2022-01-31T00:00:00Z", NOON], "ok, 1 guard proof not re-checked"),
        (["2022-01-31T00:00:00Z", "2022-02-01T00:00:00Z"], "no closed set covers"),
        (["2022-01-31T00:00:00Z", "2022-01-31T11:00:00Z"], "no closed set covers"),
        (["2022-01-31", NOON], "no closed set covers"),
    ],
)
def test_a_conflict_knows_the_exact_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], times: list[str], expected: str
):
    """What a conflict takes to be known of the time is all of the day, and no more."""
    other = edge("person:zoe", "member_of", "group:eng", until=NOON, **AT)

    def change(proof: Json) -> None:
        for one in proof["conflicts"]:
            one["known"]["request.time"] = times

    contents = folder_of([*FACTS, other], claimed(), change)
    assert expected in offence(tmp_path, contents, capsys)


@pytest.mark.parametrize(
    ("instant", "end"),
    [
        ("0099-12-31T12:00:00Z", "0100-01-01T12:00:00Z"),
        ("9999-12-30T23:59:58Z", "9999-12-31T23:59:58Z"),
        ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_day_is_told_with_four_digits_of_a_year(
    tmp_path: Path, instant: str, end: str
):
    """Early years are padded, and the last day ends with its last second."""
    contents = {"facts.jsonl": facts_file(FACTS), "boundary.json": canonical(BOUNDARY)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    plain = [
        fact for fact in FACTS if not (fact.since > instant or fact.until > instant)
    ]
    (tmp_path / "facts.jsonl").write_bytes(facts_file(plain))
    day = known(Estate(Case(tmp_path), instant), "group:eng")["request.time"]
    assert day == [instant, end]


def test_one_request_is_not_of_several(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Who brings a premise makes a request of its own, and a path tells one alone."""
    open_ = msgspec.structs.replace(HELPED, guard=Compare("n", "equals", ("1",)))
    told = [HELD, *texts(open_), OPENS]
    contents = path_of([*FACTS, open_], claimed(), ANN, KEY, *told)
    proof = json.loads(contents["claim-1-it.json"])
    proof["paths"][0]["request"] = {"n": ["1"]}
    contents["claim-1-it.json"] = encoded(proof)
    assert offence(tmp_path, contents, capsys) == "one `request` isn't several origins'"


def test_a_path_has_no_conflicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Conflicts belong to certificates."""

    def clash(proof: Json) -> None:
        proof["conflicts"] = [{"guards": [OFFICE], "known": {}, "proof": ""}]

    said = offence(tmp_path, folder_of(FACTS, MAIL, clash), capsys)
    assert said == "`conflicts` say nothing about a path"


FROM_HOME = Compare("request.network", "equals", ("home",))
NIGHT = [
    node("group:night", **AT),
    edge(CHO, "member_of", "group:night", guard=IN_OFFICE, **AT),
    edge("group:night", "has_privilege", KEY, verb="read", guard=FROM_HOME, **AT),
]


@pytest.mark.parametrize("dropped", [0, 1])
def test_a_family_covers_each_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], dropped: int
):
    """Of two guards that exclude each other one is missed: each has its closed set."""
    facts = [*FACTS, *NIGHT]
    said = offence(tmp_path, folder_of(facts, claimed(), unchanged), capsys)
    assert said.startswith("ok, ")

    def drop(proof: Json) -> None:
        family = [part for part in proof["parts"] if CHO in part["origins"]]
        assert len(family) == 2
        proof["parts"].remove(family[dropped])

    said = offence(tmp_path, folder_of(facts, claimed(), drop), capsys)
    assert "no closed set covers requests that meet {" in said


EVERY_GRADE: Any = {"grades": ("technical", "organisational", "legal")}


@pytest.mark.parametrize("kind", SHAPES["leaves"]["lasting"].split("|"))
def test_what_lasts_is_held_in_every_closed_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
):
    """What one request gives for good is there for the next, whatever that meets."""
    rules = claimed(**EVERY_GRADE)
    before = folder_of([*FACTS, *NIGHT], rules, unchanged)
    assert offence(tmp_path, before, capsys).startswith("ok, ")
    joins = msgspec.structs.replace(NIGHT[1], name=kind)
    facts = unique([*FACTS, NIGHT[0], joins, NIGHT[2]])
    after = resealed({**before, "facts.jsonl": facts_file(facts)})
    said = offence(tmp_path, after, capsys)
    lasts = "lasts, and another set lacks it"
    assert said == f"`{CHO}` {kind} `group:night` {lasts}"
    assert Prover(facts, rules, rules.claims[0]).verdict()[0] == "unproven"


def test_what_lasts_and_leads_nowhere_upholds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A key that either request finds in hand is in all closed sets, or left out of all."""
    plain = [f for f in FACTS if f.guard != AT_HOME]
    key = edge(CHO, "holds_key", "group:night", guard=IN_OFFICE, **AT)
    opens = msgspec.structs.replace(NIGHT[2], guard=tree.All((FROM_HOME, NEVER)))
    contents = folder_of([*plain, NIGHT[0], key, opens], claimed(), unchanged)
    assert offence(tmp_path, contents, capsys).startswith("ok")
    proof = json.loads(contents["claim-1-it.json"])
    told = [of for of in proof["parts"] if CHO in of["origins"]]
    assert all("group:night" in part["closed"]["control"] for part in told)


def test_what_lasts_in_one_family_is_not_in_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """What Cho has for good is no other origin's, nor what Cho can't come by."""
    key = edge(CHO, "holds_key", "group:night", needs=("key:vault",), **AT)
    contents = folder_of([*FACTS, NIGHT[0], key], claimed(), unchanged)
    proof = json.loads(contents["claim-1-it.json"])
    held = ["group:night" in part["closed"]["control"] for part in proof["parts"]]
    assert {*held} == {True, False}
    assert offence(tmp_path, contents, capsys).startswith("ok, ")


def test_the_last_day_of_the_calendar_has_an_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """On the last day that can be told a proof is judged like any other."""
    late = "9999-12-31T00:00:00Z"
    boundary = msgspec.structs.replace(MAIL, as_of=late)
    first = json.loads(files(FACTS, MAIL)["claim-1-it.json"])["paths"][0]
    contents = path_of(FACTS, MAIL, ANN, first["target"], *first["facts"])
    proof = {**json.loads(contents["claim-1-it.json"]), "as_of": late}
    contents["claim-1-it.json"] = encoded(proof)
    contents["boundary.json"] = canonical(boundary)
    said = offence(tmp_path, resealed(contents), capsys)
    assert said == "hop 2 is not certain"


# --- what is said ---------------------------------------------------------------------

UNSAT = "(declare-const t1 Bool)\n(assert t1)\n(assert (not t1))\n(check-sat)\n"


def said_of(
    folder: Path, proof: str, capsys: Any, *options: str
) -> tuple[int, list[str]]:
    """Check a certificate with this guard proof; return the code and what is said."""
    contents = folder_of(FACTS, claimed(), lambda p: _conflict(p).update(proof=proof))
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    code = main([*options, str(folder)])
    return code, capsys.readouterr().out.splitlines()


def test_guard_proofs_are_never_plain_ok(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A proof that nobody re-checked is counted beside its claim, and listed below."""
    code, said = said_of(tmp_path, "nonsense", capsys)
    assert (code, said[0].partition(":")[0]) == (
        10,
        "claim-1-it.json ok, 1 guard proof not re-checked",
    )
    assert "  1 guard proof not re-checked (claim 1)" in said
    assert said[-1] == "1 of 1 proof verifies, 1 of them if guard proofs hold"


def test_what_constants_settle_is_plain_ok(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A guard that is never met needs no solver, and no remark."""
    old = next(fact for fact in FACTS if fact.guard == AT_HOME)
    new = msgspec.structs.replace(old, guard=NEVER)
    facts = [*(fact for fact in FACTS if fact != old), new]
    contents = folder_of(facts, claimed(), unchanged)
    assert offence(tmp_path, contents, capsys).startswith("ok: upheld; ")


def test_cvc5_rechecks_guard_proofs(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """With --deep a text that is unsatisfiable counts as re-checked, and no more."""
    pytest.importorskip("cvc5")
    note = "1 guard proof re-checked by cvc5; that their text states the guards is not"
    code, said = said_of(tmp_path, UNSAT, capsys, "--deep")
    assert (code, said[0].startswith(f"claim-1-it.json ok, {note}: upheld; ")) == (
        0,
        True,
    )
    assert f"  {note} (claim 1)" in said
    assert said[-1] == "1 of 1 proof verifies"


def test_what_cvc5_cant_tell_is_unsure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """A solver without an answer leaves the verdict resting on the guard proof."""
    monkeypatch.setattr(program, "recheck", lambda _: False)
    code, said = said_of(tmp_path, UNSAT, capsys, "--deep")
    assert code == 10
    assert said[0].startswith("claim-1-it.json ok, 1 guard proof not re-checked: ")
    assert said[-1] == "1 of 1 proof verifies, 1 of them if guard proofs hold"


def test_what_is_refused_outweighs_what_is_unsure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """One proof that doesn't verify makes it 12, however many rest on guard proofs."""
    said_of(tmp_path, UNSAT, capsys)
    (tmp_path / "claim-2-it.json").write_bytes(b"{}\n")
    assert main([str(tmp_path)]) == 12
    told = "1 of 2 proofs verify, 1 of them if guard proofs hold"
    assert capsys.readouterr().out.splitlines()[-1] == told


def test_folders_are_unsure_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Of several folders, each proof that rests on a guard proof counts."""
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
        said_of(folder, UNSAT, capsys)
    assert main([*map(str, folders)]) == 10
    told = "2 of 2 proofs verify, 2 of them if guard proofs hold"
    assert capsys.readouterr().out.splitlines()[-1] == told


def test_a_conflict_that_a_request_meets_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """A forged conflict of a guard that can be met upholds nothing, with --deep or not."""
    lie = {"guards": [OFFICE], "known": {}, "proof": UNSAT}

    def forge(proof: Json) -> None:
        proof["conflicts"] = [*proof["conflicts"], lie]

    told = "conflict 2: a request meets these guards: {'request.network': ['office']}"
    assert offence(tmp_path, folder_of(FACTS, claimed(), forge), capsys) == told
    assert main(["--deep", str(tmp_path)]) == 12


def test_cvc5_refuses_a_guard_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A text that is satisfiable, or none, is an offence."""
    pytest.importorskip("cvc5")
    for text in (UNSAT.replace("(not t1)", "t1"), "nonsense"):
        code, said = said_of(tmp_path, text, capsys, "--deep")
        assert (code, "NOT VERIFIED" in said[0]) == (12, True)


def test_without_cvc5_nothing_is_rechecked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """Where cvc5 isn't installed, --deep says so and changes nothing."""

    def missing(_: str) -> bool:
        raise ImportError

    monkeypatch.setattr(program, "recheck", missing)
    code, said = said_of(tmp_path, UNSAT, capsys, "--deep")
    note = "1 guard proof not re-checked, as cvc5 isn't installed"
    assert (code, said[0].startswith(f"claim-1-it.json ok, {note}: upheld; ")) == (
        10,
        True,
    )
    assert f"  {note} (claim 1)" in said
