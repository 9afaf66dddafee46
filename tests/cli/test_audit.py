"""`audit` and `audit show`: who did cross, exit codes, and the line that says so."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ringfence.claims.answered import answers
from ringfence.claims.audited import bypasses
from ringfence.claims.bypasses import EVER
from ringfence.claims.check import Run
from ringfence.gate.point.book import Book, Ground, Window
from ringfence.gate.point.lines import Line
from ringfence.ledger.keeping.opening import begin
from tests.cases import BOUNDARY, SHARED, write_case

LOGS = """\
logs:
  w:
    kind: declared
    files: [w.jsonl]
    store: w
    from: 2022-01-01
    until: 2022-01-31
    cadence: 60 days
    collected: 2022-02-01
    fields: {time: t, actor: who, resource: data, columns: columns, address: ip}
"""
BO = '{"t": "2022-01-10T09:00:00Z", "who": "person:bo", "data": "a.b", "columns": "c"}'
ANN = BO.replace("person:bo", "person:ann").replace("T09", "T10")
NOBODY = BO.replace("person:bo", "svc")


def write(name: str, *lines: str, boundary: str = BOUNDARY + LOGS) -> None:
    """Write a case with a log."""
    write_case(Path(name), boundary=boundary)
    text = "".join(f"{line}\n" for line in lines)
    (Path(name) / "w.jsonl").write_text(text)


@pytest.fixture
def audited(say):
    """Return what runs commands beside cases with logs of their own."""
    write("clean", BO)
    write("did", BO, ANN)
    write("open", BO, NOBODY)
    write("torn", BO, BO[:20])
    write("gap", BO, boundary=BOUNDARY + LOGS.replace("60 days", "1 day"))
    return say


@pytest.mark.parametrize(
    ("case", "code", "told"),
    [
        ("clean", 0, "nobody crossed, in these logs"),
        ("did", 11, "somebody crossed"),
        ("open", 10, "nobody is seen to cross, and not everything is known"),
        ("torn", 10, "nobody is seen to cross, and not everything is known"),
        ("gap", 10, "nobody is seen to cross, and not everything is known"),
    ],
)
def test_an_audit_has_its_exit_code(case: str, code: int, told: str, audited):
    """11 for a crossing; 10 for an unknown, a bad line or a gap; else 0; in JSON too."""
    said = audited("audit", case)
    assert (said.code, said.out.splitlines()[-1]) == (code, f"exit {code}: {told}")
    said = audited("audit", case, "--format", "json", "--output", "other")
    found = json.loads(said.out)
    assert (said.code, found["schema"]) == (code, "ringfence-audit/1")
    counts = found["crossings"]
    assert counts["events"] == sum(
        counts[name] for name in ("crossing", "permitted", "unknown", "malformed")
    )


def test_a_crossing_is_shown_byte_for_byte(audited):
    """The audit says how to look; the line is printed as it stands in the file."""
    said = audited("audit", "did")
    digest = hashlib.sha256(Path("did/w.jsonl").read_bytes()).hexdigest()
    id_ = f"{digest[:12]}-{len(BO) + 1}"
    assert f"to look     ringfence audit show {id_} did\n" in said.out
    shown = audited("audit", "show", id_, "did")
    assert (shown.code, shown.out) == (0, f"{ANN}\n")
    place = f"bytes {len(BO) + 1} to {len(BO) + 1 + len(ANN)}"
    assert f"w.jsonl:2, {place}, sha256 {digest}\n" in shown.err
    (line,) = Path("out/crossings.jsonl").read_text().splitlines()
    assert (json.loads(line)["id"], json.loads(line)["who"]) == (id_, "person:ann")


def test_a_line_that_is_no_event_is_shown_with_its_reason(audited):
    """By its place, as events are."""
    audited("audit", "torn")
    digest = hashlib.sha256(Path("torn/w.jsonl").read_bytes()).hexdigest()
    shown = audited("audit", "show", f"{digest[:12]}-{len(BO) + 1}", "torn")
    assert (shown.code, shown.out) == (0, f"{BO[:20]}\n")
    assert "it is no event: " in shown.err


def test_a_folder_of_ones_own_stands_in_the_command(audited):
    """Whoever names a folder is told a command that finds it again."""
    said = audited("audit", "did", "--output", "else where")
    assert "did --output 'else where'\n" in said.out


def test_no_crossing_leaves_no_line(audited):
    """The file of an earlier audit isn't left behind."""
    audited("audit", "did")
    audited("audit", "clean")
    assert Path("out/crossings.jsonl").read_bytes() == b""


def test_another_selector_and_date_can_be_asked_about(audited):
    """Whoever it excludes is looked for, whatever the claims say."""
    more = BOUNDARY.replace(
        "in-cn: {regime: country-residence, countries: [CN]}",
        "in-cn: {regime: country-residence, countries: [CN]}, "
        "in-us: {regime: country-residence, countries: [US]}",
    )
    write("two", BO, boundary=more + LOGS)
    said = audited("audit", "two", "--excluded", "in-us", "--as-of", "2022-02-01")
    assert (said.code, "Bo" in said.out) == (11, True)
    claimed = "  - {id: did, says: x, kind: some_event, excluded: in-us}\nlogs:"
    both = (more + LOGS).replace("logs:", claimed)
    write("claimed", BO, boundary=both)
    assert audited("audit", "claimed").code == 11


NO_SELECTOR = BOUNDARY.replace(
    "excluded: {in-cn: {regime: country-residence, countries: [CN]}}\n", ""
).replace("kind: no_reach, excluded: in-cn", "kind: residency")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("case",), "case: the boundary orders no logs"),
        (("none",), "none: no such file"),
        (
            ("clean", "--excluded", "in-us"),
            "--excluded: the boundary has no selector `in-us`",
        ),
        (("nobody",), "the boundary excludes nobody"),
        (("clean", "--engine", "spark"), "--engine: there is no engine `spark`"),
        (("clean", "--as-of", "x"), "--as-of: `x` is no date"),
        (("clean", "--limit", "0"), "--limit"),
        (("clean", "--output", "clean/w.jsonl"), "`clean/w.jsonl` is no folder"),
        (("show", "x", "clean"), "`x` is no id of an event"),
        (("show", "0123456789ab-0", "clean"), "there is no table of events"),
        (("show", "0123456789ab-0", "none"), "none: no such file"),
    ],
)
def test_what_cannot_be_audited_is_told(words: tuple[str, ...], message: str, audited):
    """No answer, one clear error, and code 2."""
    write("nobody", BO, boundary=NO_SELECTOR + LOGS)
    said = audited("audit", *words)
    assert (said.code, said.out) == (2, ""), said.err
    assert message in said.err
    assert "Traceback" not in said.err


def test_an_event_that_is_not_there_any_more_is_not_shown(audited):
    """A file that changed, one that went away, and an id that nothing has."""
    audited("audit", "clean")
    digest = hashlib.sha256(Path("clean/w.jsonl").read_bytes()).hexdigest()[:12]
    unknown = audited("audit", "show", "0123456789ab-0", "clean")
    assert (unknown.code, "the table has no event" in unknown.err) == (2, True)
    Path("clean/w.jsonl").write_text(f"{ANN}\n")
    changed = audited("audit", "show", f"{digest}-0", "clean")
    assert (changed.code, changed.out) == (2, "")
    assert "put the file back as it was" in changed.err
    Path("clean/w.jsonl").unlink()
    gone = audited("audit", "show", f"{digest}-0", "clean")
    assert (gone.code, gone.out, "w.jsonl" in gone.err) == (2, "", True)


@pytest.mark.parametrize(
    ("more", "line", "use"),
    [
        ((), "unused: 1 of 3 ways in was used by nobody since 2022-01-01; 0", "unused"),
        ((BO[:20],), "unused: 0 of 3 ways in were used by nobody since", "unknown"),
    ],
)
def test_an_audit_says_which_ways_nobody_used(more, line, use, say):
    """Bo came by the group, Cy didn't; with a torn line it can't be told of Cy."""
    write_case(Path("used"), boundary=BOUNDARY + LOGS, warehouse=SHARED)
    (Path("used") / "w.jsonl").write_text("".join(f"{one}\n" for one in (BO, *more)))
    said = say("audit", "used")
    assert line in said.out
    (text,) = Path("out/unused.jsonl").read_text().splitlines()
    way = json.loads(text)
    assert (way["tail"], way["use"], way["at"]) == ("person:cy", use, ["db: x:2"])
    assert way["logs"] == ["w"]
    assert bool(way["because"]) is (use == "unknown")
    found = json.loads(say("audit", "used", "--format", "json").out)["unused"]
    assert found["listed"] == [way]
    assert found["ways"] == found["used"] + found["unused"] + found["unknown"] == 3


# --- what went round the gate ---------------------------------------------------------

GATE = "gate: {excluded: [in-cn]}\n"
NOW = "2022-02-02T00:00:00Z"


def decided(name: str, *who: str, shadow: bool = False) -> None:
    """Write a ledger of decisions: some people may read the table, Ann may not."""
    lines = [
        Line(
            allowed=one != "ann",
            caller="trino",
            columns=(),
            principal=f"person:{one}",
            purpose="",
            reason="excluded" if one == "ann" else "not-excluded",
            reference="",
            resource="dataset:w/a.b",
            salt="00" * 32,
            shadow=shadow,
            surface="opa",
            time=f"2022-01-10T{'09' if one == 'ann' else '08'}:59:00Z",
            verb="read",
        ).content
        for one in who
    ]
    begin(Path(name), "example.com/log", time=NOW)
    book = Book(Path(name))
    book.open()
    ground = Ground("11" * 32, "22" * 32, "33" * 32, publish=True, shadow=shadow)
    if lines:
        book.commit([Window(ground, lines, len(lines) - who.count("ann"))], None)
    book.close()


@pytest.fixture
def gated(say):
    """Return what runs commands beside cases with a gate, logs and ledgers."""
    for name, lines in (("kept", (BO,)), ("broke", (BO, ANN))):
        write(name, *lines, boundary=BOUNDARY + LOGS + GATE)
    write("gateless", BO)
    decided("bos", "bo")
    decided("both", "bo", "ann")
    decided("shadows", "bo", "ann", shadow=True)
    decided("none")
    return say


@pytest.mark.parametrize(
    ("case", "ledger", "code", "told"),
    [
        ("kept", "bos", 0, "1 explained, 0 by no decision"),
        ("kept", "none", 11, "exit 11: something was done that no decision explains"),
        ("broke", "bos", 11, "somebody crossed, and something was done that no"),
        ("broke", "both", 11, "1 explained, 1 by no decision"),
        ("broke", "shadows", 11, "would deny"),
    ],
)
def test_an_audit_says_what_went_round_the_gate(
    case: str, ledger: str, code: int, told: str, gated
):
    """11 where no decision explains it, though nobody crossed; the door is named."""
    said = gated("audit", case, "--ledger", ledger)
    assert (said.code, told in said.out) == (code, True), said.out
    assert "the gate's ledger, since its first decision: " in said.out
    assert said.out.splitlines()[-1].startswith(f"exit {code}: ")


def test_without_a_ledger_an_audit_is_what_it_was(gated):
    """The section is behind all else, and nothing before it changes."""
    plain = gated("audit", "kept").out.splitlines()
    asked = gated("audit", "kept", "--ledger", "bos").out.splitlines()
    assert asked[: len(plain) - 1] == plain[:-1]
    assert asked[-1] == plain[-1]
    found = json.loads(gated("audit", "kept", "--format", "json").out)
    assert "bypasses" not in found


def test_an_audit_matches_as_gate_bypasses_does(gated):
    """One function is behind both: of the same days, the same findings."""
    words = ("--ledger", "bos", "--format", "json")
    found = json.loads(gated("audit", "broke", *words).out)["bypasses"]
    days = ("--days", str(EVER))
    other = json.loads(gated("gate", "bypasses", "broke", *days, *words).out)
    assert {key: other[key] for key in found} == found
    assert found["found"][0]["who"] == "person:ann"
    again = bypasses(Run(Path("broke"), Path("out"), NOW), answers(Path("bos")))
    assert again.unexplained == 1


def test_for_how_long_a_decision_may_be_acted_upon_is_said(gated):
    """A decision of a minute ago explains nothing within less."""
    code = gated("audit", "kept", "--ledger", "bos", "--minutes", "1").code
    assert code == 0
    write("late", BO.replace("09:00:00", "09:01:00"), boundary=BOUNDARY + LOGS + GATE)
    assert gated("audit", "late", "--ledger", "bos").code == 0
    assert gated("audit", "late", "--ledger", "bos", "--minutes", "1").code == 11


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gateless", "--ledger", "bos"), "add `gate:` to the boundary"),
        (("kept", "--ledger", "gone"), "there is no ledger"),
        (("kept", "--ledger", "bos", "--minutes", "0"), "--minutes"),
    ],
)
def test_what_cannot_be_matched_is_told(words: tuple[str, ...], message: str, gated):
    """A boundary without a gate, and a ledger that isn't there."""
    said = gated("audit", *words)
    assert (said.code, said.out) == (2, ""), said.err
    assert message in said.err
