"""Flows: what the estate shows to leave, held against channels and the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.channels import Channel, Egress
from ringfence.boundary.model import Attribute, Selector
from ringfence.boundary.status import Status
from ringfence.claims.case import Case
from ringfence.claims.flow import Door, Finding, Flow, Flows
from ringfence.claims.flows import flows
from ringfence.claims.released import Released, Releases, releases
from ringfence.egress.exit.book import Book, Said
from ringfence.errors import ConfigError, ExitCode
from ringfence.estate.facts import Fact
from ringfence.ledger.keeping.opening import begin
from ringfence.report import flows_text
from ringfence.report.answering import Screen
from tests.estates import AS_OF, attribute, boundary, edge, estate, source

CHINESE = Selector(
    "in-china",
    people=Attribute("residence", ("CN",)),
    entities=Attribute("organised_in", ("CN",)),
)
YES, UNKNOWN = Status.YES, Status.UNKNOWN
TABLE, COLUMN = "dataset:w/people", "column:w/people.mail"
COPY, SG = "dataset:sg/people", "store:sg"
HOME: tuple[Fact, ...] = (
    source(covers=("store:w",)),
    attribute("store:w", "place", "US"),
    attribute(SG, "place", "SG"),
    attribute(COLUMN, "tag", "EMAIL"),
    edge("store:w", "contains", TABLE),
    edge(TABLE, "contains", COLUMN),
)
EXPORT = (edge(SG, "contains", COPY), edge(COPY, "exported_to", TABLE))
NOW = "2022-01-01T00:00:00Z"


def channel(name: str = "out", **more: Any) -> Channel:
    """Return a channel that declares the export."""
    fields: dict[str, Any] = {
        "recipients": ("legal_entity:firm",),
        "purpose": "to measure",
        "owner": "head of ads",
        "approver": "person:bo",
        "until": "2023-01-01T00:00:00Z",
        "takes": ("w/*",),
        "ends": (SG,),
        "text": True,
    }
    return Channel(name, **(fields | more))


def made(folder: Path, facts: Iterable[Fact], *channels: Channel, **more: Any) -> Case:
    """Return a case of home and some more facts, with channels."""
    egress = Egress(("in-china",), (), channels)
    fields = {"excluded": (CHINESE,), "egress": egress} | more
    return Case(estate(folder, (*HOME, *facts)), boundary(**fields), AS_OF)


def seen(
    folder: Path,
    facts: Iterable[Fact],
    *channels: Channel,
    told: Releases | None = None,
    **more: Any,
) -> Flows:
    """Return the flows of a case."""
    return flows(made(folder, facts, *channels, **more), told)


def told_of(*names: str, lost: int = 0, verdict: str = "release") -> Releases:
    """Return verdicts of channels."""
    return Releases(tuple(Released(name, NOW, verdict, 1) for name in names), lost)


def short(found: Flows) -> list[tuple[Door, str, str, Finding]]:
    """Return the flows without what follows from them."""
    return [(one.door, one.by, one.end, one.finding) for one in found.found]


# --- what is declared -----------------------------------------------------------------


def test_an_export_that_nothing_declares_is_a_finding(tmp_path: Path):
    """A copy in a store where none may lie is told with its data, door and reason."""
    found = seen(tmp_path, EXPORT, told=Releases())
    (one,) = found.found
    assert (one.door, one.by, one.end) == (Door.COPIED, COPY, SG)
    assert (one.data, one.kind, one.status) == ((TABLE,), "exported_to", YES)
    assert (one.channel, one.finding) == ("", Finding.UNDECLARED)
    assert one.why == "it lies where no such copy may"
    assert flows_text.exit_code(found) is ExitCode.REFUTED


@pytest.mark.parametrize(
    ("told", "finding", "code"),
    [
        (None, Finding.UNTOLD, ExitCode.UNPROVEN),
        (told_of(), Finding.ROUND, ExitCode.REFUTED),
        (told_of("other"), Finding.ROUND, ExitCode.REFUTED),
        (told_of("out", verdict="block"), Finding.ROUND, ExitCode.REFUTED),
        (told_of(lost=1), Finding.UNTOLD, ExitCode.UNPROVEN),
        (told_of("out", "out"), Finding.EXPLAINED, ExitCode.ALL_UPHELD),
        (told_of("out", verdict="mask"), Finding.EXPLAINED, ExitCode.ALL_UPHELD),
    ],
)
def test_a_declared_flow_is_held_against_the_ledger(
    tmp_path: Path, told: Releases | None, finding: Finding, code: ExitCode
):
    """Only a verdict that let something leave by the channel explains its flow."""
    found = seen(tmp_path, EXPORT, channel(), told=told)
    assert [(one.channel, one.finding) for one in found.found] == [("out", finding)]
    assert flows_text.exit_code(found) is code


@pytest.mark.parametrize(
    "change",
    [
        {"takes": ("w/others",)},
        {"takes": ()},
        {"ends": ("store:elsewhere",)},
        {"until": "2022-01-31T00:00:00Z"},
        {"since": "2022-02-01T00:00:00Z"},
    ],
)
def test_a_channel_declares_no_more_than_it_says(tmp_path: Path, change):
    """Other data, another end, or another time is not declared."""
    found = seen(tmp_path, EXPORT, channel(**change), told=told_of("out"))
    assert [one.finding for one in found.found] == [Finding.UNDECLARED]


def test_an_end_may_be_a_recipient(tmp_path: Path):
    """A channel that a store or its copy receives declares what goes there."""
    for name in (SG, COPY):
        one = channel(ends=(), recipients=(name,))
        found = seen(tmp_path, EXPORT, one, told=told_of("out"))
        assert [one.finding for one in found.found] == [Finding.EXPLAINED]


def test_a_flow_is_split_by_what_is_declared(tmp_path: Path):
    """Of a replica of a whole store, each dataset is judged for itself."""
    other, mail = "dataset:w/other", "column:w/other.mail"
    facts = (
        attribute(mail, "tag", "EMAIL"),
        edge("store:w", "contains", other),
        edge(other, "contains", mail),
        edge(SG, "replicated_to", "store:w"),
    )
    found = seen(tmp_path, facts, channel(takes=("w/people",)), told=told_of("out"))
    assert [(one.data, one.channel, one.finding) for one in found.found] == [
        ((other,), "", Finding.UNDECLARED),
        ((TABLE,), "out", Finding.EXPLAINED),
    ]


def test_of_two_channels_the_used_one_explains(tmp_path: Path):
    """A flow that two channels declare is explained by either."""
    both = (channel("never"), channel("often"))
    found = seen(tmp_path, EXPORT, *both, told=told_of("often"))
    assert [(one.channel, one.releases) for one in found.found] == [("often", 1)]


@given(
    st.lists(st.sampled_from(["out", "other"]), max_size=4),
    st.sampled_from(["release", "mask", "hold", "block"]),
    st.booleans(),
)
def test_more_verdicts_never_make_it_worse(tmp_path_factory, names, verdict, declared):
    """An undeclared flow stays one, whatever the ledger says; a release only helps."""
    folder = tmp_path_factory.mktemp("flows")
    case = made(folder, EXPORT, *([channel()] if declared else []))
    (one,) = flows(case, told_of(*names, verdict=verdict)).found
    (more,) = flows(case, told_of(*names, "out")).found
    if declared:
        assert more.finding is Finding.EXPLAINED
    else:
        assert (one.finding, more.finding) == (Finding.UNDECLARED,) * 2


# --- what is observed -----------------------------------------------------------------


def test_what_stays_where_it_may_is_no_flow(tmp_path: Path):
    """Copies of what isn't protected, and within one store, go nowhere."""
    facts = (
        edge("store:w", "contains", "dataset:w/copy"),
        edge("dataset:w/copy", "derived_from", TABLE),
        edge("dataset:w/count", "derived_from", "dataset:w/free"),
    )
    found = seen(tmp_path, facts, told=Releases())
    assert found.found == ()
    assert flows_text.exit_code(found) is ExitCode.ALL_UPHELD


def test_each_copy_is_a_door_of_its_own(tmp_path: Path):
    """Two copies in one store are two flows; one where a backup may lie is none."""
    other, kept = "dataset:sg/mail", "dataset:b/people"
    facts = (
        *EXPORT,
        edge(SG, "contains", other),
        edge(other, "indexed_in", COLUMN),
        attribute("store:b", "place", "US"),
        edge("store:b", "contains", kept),
        edge(kept, "backed_up_to", TABLE),
        attribute("legal_entity:host", "organised_in", "US"),
        edge("legal_entity:host", "controls", "store:b"),
    )
    found = seen(tmp_path, facts, told=Releases())
    assert [(one.by, one.kind) for one in found.found] == [
        (other, "indexed_in"),
        (COPY, "exported_to"),
    ]


def test_what_is_undecided_cant_be_told(tmp_path: Path):
    """An edge that nobody vouches for, and a store of unknown place, prove nothing."""
    doubted = (
        edge(SG, "contains", COPY),
        edge(COPY, "exported_to", TABLE, unknown="the job was not read"),
    )
    found = seen(tmp_path, doubted, told=Releases())
    assert [(one.status, one.finding) for one in found.found] == [
        (UNKNOWN, Finding.UNTOLD)
    ]
    nowhere = (
        edge("store:x", "contains", "dataset:x/y"),
        edge("dataset:x/y", "exported_to", TABLE),
    )
    found = seen(tmp_path, nowhere, told=Releases())
    assert [(one.end, one.finding) for one in found.found] == [
        ("store:x", Finding.UNTOLD)
    ]
    assert flows_text.exit_code(found) is ExitCode.UNPROVEN


def test_a_copy_in_no_store_cant_be_told(tmp_path: Path):
    """A copy that no store is known to hold may be anywhere."""
    found = seen(tmp_path, (edge("dataset:x/y", "backed_up_to", COLUMN),))
    (one,) = found.found
    assert (one.end, one.data, one.finding) == ("dataset:x/y", (TABLE,), Finding.UNTOLD)
    assert one.why == "no store is known to hold it"


def test_what_lies_abroad_is_a_flow_that_nobody_tells_of(tmp_path: Path):
    """Protected data abroad is a flow even if no fact says how it came there."""
    mail = "column:sg/people.mail"
    facts = (
        edge(SG, "contains", COPY),
        edge(COPY, "contains", mail),
        attribute(mail, "tag", "EMAIL"),
    )
    found = seen(tmp_path, facts, told=Releases())
    assert short(found) == [(Door.LIES, SG, SG, Finding.UNDECLARED)]
    assert found.found[0].data == (COPY,)
    told = seen(tmp_path, (*facts, edge(COPY, "derived_from", TABLE)))
    assert [one.door for one in told.found] == [Door.COPIED]
    column = edge(mail, "derived_from", COLUMN)
    assert [one.door for one in seen(tmp_path, (*facts, column)).found] == [Door.COPIED]


def test_what_may_be_protected_abroad_cant_be_told(tmp_path: Path):
    """A dataset abroad that nobody classified may be a copy."""
    facts = (edge(SG, "contains", COPY), edge(COPY, "contains", "column:sg/people.x"))
    found = seen(tmp_path, facts, told=Releases(), unclassified="unknown")
    assert short(found) == [(Door.LIES, SG, SG, Finding.UNTOLD)]


def test_whoever_reads_from_abroad_is_a_door(tmp_path: Path):
    """A tool abroad that reads protected data carries it there; one at home doesn't."""
    facts = (
        attribute("tool:far", "place", "SG"),
        attribute("tool:near", "place", "US"),
        attribute("tool:idle", "place", "SG"),
        attribute("host:mist", "place", "SG"),
        edge("tool:far", "has_privilege", TABLE, verb="read"),
        edge("tool:near", "has_privilege", TABLE, verb="read"),
        edge("tool:lost", "has_privilege", TABLE, verb="read"),
        edge("host:mist", "has_privilege", TABLE, verb="read", unknown="not read"),
    )
    found = seen(tmp_path, facts, told=Releases())
    assert short(found) == [
        (Door.READ, "tool:far", "tool:far", Finding.UNDECLARED),
        (Door.READ, "host:mist", "host:mist", Finding.UNTOLD),
        (Door.READ, "tool:lost", "tool:lost", Finding.UNTOLD),
    ]
    assert [one.why for one in found.found][::2] == [
        "it is where no copy may lie",
        "where it is isn't known",
    ]
    declared = seen(tmp_path, facts[:1] + facts[4:5], channel(ends=("tool:far",)))
    assert [one.channel for one in declared.found] == ["out"]


def test_an_account_that_could_carry_cant_be_told(tmp_path: Path):
    """Who may read here and write abroad may carry; whether it does isn't known."""
    facts = (
        edge(SG, "contains", COPY),
        edge("service_account:etl", "has_privilege", TABLE, verb="read"),
        edge("service_account:etl", "has_privilege", COPY, verb="insert"),
        edge("person:bo", "has_privilege", TABLE, verb="read"),
        edge("person:bo", "has_privilege", COPY, verb="insert"),
        attribute("person:bo", "residence", "US"),
    )
    found = seen(tmp_path, facts, told=Releases())
    assert short(found) == [(Door.CARRIED, "service_account:etl", SG, Finding.UNTOLD)]
    lies = (*facts, *HOME_COPY)
    assert Door.CARRIED not in {one.door for one in seen(tmp_path, lies[1:]).found}


HOME_COPY = (
    edge(SG, "contains", "store:w"),
    edge(SG, "contains", COPY),
)


def test_without_places_nothing_is_known_to_be_abroad(tmp_path: Path):
    """A boundary that permits no places proves nothing of where data goes."""
    far = (
        attribute("tool:far", "place", "SG"),
        edge("tool:far", "has_privilege", TABLE, verb="read"),
    )
    found = seen(tmp_path, far, told=Releases(), places={})
    assert found.found == ()
    assert any("permits no places" in one for one in found.gaps)
    assert flows_text.exit_code(found) is ExitCode.UNPROVEN


def test_nothing_protected_is_no_proof(tmp_path: Path):
    """Where nothing is protected nothing can go round, and nothing is proved."""
    egress = Egress(("in-china",))
    empty = Case(estate(tmp_path, HOME[:3]), boundary(egress=egress), AS_OF)
    found = flows(empty, Releases())
    assert found.gaps[0] == "nothing is known to be protected"
    assert flows_text.exit_code(found) is ExitCode.UNPROVEN


def test_a_boundary_without_channels_is_asked_in_vain(tmp_path: Path):
    """A boundary that says nothing of what may leave is refused."""
    with pytest.raises(ConfigError, match="says nothing of what may leave"):
        seen(tmp_path, (), egress=None)


# --- the ledger -----------------------------------------------------------------------


def test_verdicts_are_read_from_a_ledger(tmp_path: Path):
    """Verdicts come out with channel and word; what was erased is counted."""
    ledger = tmp_path / "ledger"
    begin(ledger, "test.example/exit", time=NOW)
    book = Book(ledger)
    digests = dict.fromkeys(("boundary", "content", "contract", "epoch"), "0" * 64)
    for name, verdict in (("out", "release"), ("other", "hold"), ("lost", "mask")):
        book.write(Said(NOW, verdict, "complete", digests, name, {}))
    book.close()
    found = releases(ledger)
    assert [(one.channel, one.verdict, one.has_left) for one in found.told] == [
        ("out", "release", True),
        ("other", "hold", False),
        ("lost", "mask", True),
    ]
    for path in sorted(ledger.rglob("*")):
        if path.is_file() and b'"lost"' in path.read_bytes():
            path.unlink()
    found = releases(ledger)
    assert ([one.channel for one in found.told], found.lost) == (["out", "other"], 1)


# --- the text -------------------------------------------------------------------------


def text(found: Flows, rows: int = 9) -> list[str]:
    """Return the text's lines."""
    return flows_text.flows(found, Screen(100, rows, found.labels)).splitlines()


def test_the_text_names_the_door_and_the_remedy(tmp_path: Path):
    """A finding is told with its door, its reason and what to do."""
    lines = text(seen(tmp_path, EXPORT, told=told_of(lost=2)))
    assert lines[1] == (
        "1 flow of protected data: 0 explained, 1 undeclared, 0 round the exit, "
        "0 can't be told"
    )
    assert lines[2].startswith("2 entries of the ledger lost")
    assert "the first of them is an undeclared flow:" in lines
    assert "  door      exported_to: sg/people" in lines
    assert "  because   it lies where no such copy may" in lines
    assert lines[-1] == (
        "exit 11: something goes where it may not, and not by the exit"
    )


@pytest.mark.parametrize(
    ("told", "said", "remedy"),
    [
        (None, "can't be told", "name the exit's ledger"),
        (told_of(), "declared by out, and goes round the exit", "lead it through"),
        (told_of("out"), "declared, and seen at the exit", "none: 1 release"),
    ],
)
def test_the_text_of_what_is_declared(tmp_path: Path, told, said: str, remedy: str):
    """A declared flow is told with what the ledger says of it."""
    lines = text(seen(tmp_path, EXPORT, channel(), told=told))
    assert f"the first of them is {said}:" in lines
    assert any(line.startswith(f"  remedy    {remedy}") for line in lines)


def test_the_text_of_nothing(tmp_path: Path):
    """Nothing seen is nothing proved, unless all that matters is known."""
    assert text(seen(tmp_path, (), told=Releases()))[-1].startswith("exit 0: protected")
    assert text(seen(tmp_path, ()))[-1] == (
        "exit 10: no flow is seen, and not everything is known: nothing is proved"
    )
    both = Flow(Door.READ, "tool:x", "tool:x", (TABLE, COPY), status=UNKNOWN)
    doubted = seen(tmp_path, ())
    lines = text(_with(doubted, both, both), rows=1)
    assert any("and 1 more" in line for line in lines)
    assert "  remedy    state what isn't known" in lines
    assert "  1 more: --limit 2, or --format json" in lines


def _with(found: Flows, *some: Flow) -> Flows:
    untold = tuple(replace(one, finding=Finding.UNTOLD) for one in some)
    return replace(found, found=untold)
