"""Every quick way answers what the thorough one does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringfence.egress.forms import columns
from ringfence.egress.forms.canonical import canonical
from ringfence.egress.forms.kinds import KINDS, Kind
from ringfence.egress.inspecting.spots import Placed, Spots
from ringfence.egress.inspection import scanner
from ringfence.egress.inspection.report import Inspection
from ringfence.egress.inspection.scanner import Scanner, Spotted
from ringfence.egress.inspector import Inspector
from ringfence.egress.payload import Payload
from tests.diff.test_egress_scan import told
from tests.laws.test_egress_evasion import DEVICE, FOUND, KNOWN, OTHERS, SCANNER
from tests.laws.test_egress_forms import TEXTS

INSPECTOR = Inspector(KNOWN)
HELD = tuple(FOUND.values())
BARE = DEVICE.replace("-", "")
PARTS = ("jane.doe", "example.com", "@example.com", "x", "a@b.co", "0" * 32, "a" * 40)
PAIRS = st.tuples(st.sampled_from(HELD), st.text(max_size=4), st.sampled_from(HELD))
LEAVES = (
    st.sampled_from((*HELD, *OTHERS, *PARTS))
    | st.integers(-5, 10**19)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.none()
    | st.booleans()
    | st.text(max_size=5)
    | PAIRS.map("".join)
)
KEYS = st.sampled_from(("a", "b", "id", "ip", "user", "domain", *HELD))
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=5,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)
SIGNS = st.sampled_from(("ASCII", "any"))
SPOTTED = Scanner.spot


def whole(found: Inspection) -> tuple[object, ...]:
    """Return an inspection as values that compare."""
    sightings = [
        (one.place, one.tag, one.written, one.count, one.subjects.tolist())
        for one in found.sightings
    ]
    rest = found.format, found.coverage, found.rows, found.columns, found.undecided
    return (sightings, *rest, found.content)


def nowhere(own: Scanner, texts: pl.Series) -> Spotted:
    """Return what a scan sees, and no candidate: every leaf is looked through."""
    found = SPOTTED(own, texts)
    return found._replace(plain=found.plain.clear())


def written(documents: Sequence[object], signs: str) -> bytes:
    """Return documents as JSON lines, in ASCII or as they are."""
    ascii_only = signs == "ASCII"
    lines = [json.dumps(one, ensure_ascii=ascii_only) + "\n" for one in documents]
    return "".join(lines).encode("utf-8", "replace")


@settings(max_examples=8)  # each is two inspections
@given(st.builds(written, st.lists(DOCUMENTS, min_size=2, max_size=5), SIGNS))
@example(written([{"a": HELD[0], "b": HELD[0]}, {HELD[0]: 1, "a": HELD[0]}], "ASCII"))
@example(written([{"user": "jane.doe", "x": {"domain": "example.com"}}] * 2, "ASCII"))
@example(written([{"a": "x", "b": BARE}, {"a": f"x {BARE} y", "b": BARE}], "ASCII"))
@example(written([{"to": ["x"] * n + [f"to {HELD[0]}"]} for n in range(60)], "ASCII"))
@example(written([{f"k{n}": {"id": HELD[0], "b": BARE}} for n in range(60)], "ASCII"))
def test_lines_are_placed_as_their_leaves_are(content: bytes) -> None:
    """Placed by their candidates or leaf by leaf: the same inspection."""
    payload = Payload("a", content)
    quick = whole(INSPECTOR.inspect(payload))
    with patch.object(Scanner, "spot", nowhere):
        assert whole(INSPECTOR.inspect(payload)) == quick


def test_most_lines_are_placed_quickly() -> None:
    """A line of plain identifiers takes the quick way; else the law says nothing."""
    documents = [{"n": n, "to": [{"mail": "jane.doe@example.com"}]} for n in range(3)]
    made: list[Placed] = []
    placed = Spots.placed

    def kept(*given: object) -> Placed:
        made.append(placed(*given))  # type: ignore[arg-type]
        return made[-1]

    with patch.object(Spots, "placed", kept):
        INSPECTOR.inspect(Payload("a", written(documents, "ASCII")))
    assert [(one.names, one.lines.tolist()) for one in made] == [
        (["/to/*/mail"], [0, 1, 2])
    ]


@settings(max_examples=10)  # each is an inspection
@given(st.builds(written, st.lists(DOCUMENTS, min_size=1, max_size=1), SIGNS))
@example(written([{"a": HELD[0], "b": {"c": [HELD[0]]}}], "ASCII"))
@example(written([{"user": "jane.doe", "x": {"domain": "example.com"}}], "ASCII"))
def test_a_glance_at_a_body_is_an_inspection(content: bytes) -> None:
    """A small document at a glance: what the inspection says."""
    payload = Payload("a", content, "application/json")
    assert whole(INSPECTOR.glance(payload)) == whole(INSPECTOR.inspect(payload))


SERIES = st.lists(st.sampled_from((*HELD, *OTHERS, "")) | st.text(max_size=8))


@settings(max_examples=15)
@given(SERIES)
def test_few_texts_are_looked_at_as_many_are(texts: list[str]) -> None:
    """One by one or as a column: the same people and doubts."""
    series = pl.Series(texts, dtype=pl.String)
    assert told(SCANNER.few(series)) == told(SCANNER.scan(series))


@settings(max_examples=15)
@given(SERIES)
def test_what_was_decoded_is_looked_at_as_many_are(texts: list[str]) -> None:
    """What texts become is looked at one by one or as a column: the same."""
    series = pl.Series(texts, dtype=pl.String)
    quick = told(SCANNER.scan(series))
    with patch.object(scanner, "FEW", 0):
        assert told(SCANNER.scan(series)) == quick


@settings(max_examples=15)
@given(SERIES)
def test_texts_that_are_too_short_are_left_aside(texts: list[str]) -> None:
    """Of many texts those are scanned that may be something: the same is found."""
    series = pl.Series(["x", *texts, "", "y"] * 2, dtype=pl.String)
    quick = told(SCANNER.few(series))
    for bound in ("SEVERAL", "SMALL", "LEAVES"):
        with patch.object(scanner, bound, 0):
            assert told(SCANNER.few(series)) == quick


@pytest.mark.parametrize("size", [1, 3])
def test_candidates_that_are_many_times_there_are_looked_up_once(size: int) -> None:
    """Looked up once or each time, candidates stand in the same rows."""
    texts = [f"{text} and {text}" for text in (*HELD, *OTHERS)]
    seen, doubts = SCANNER.scan(pl.Series(texts * size))
    alone, odd = SCANNER.scan(pl.Series(texts))
    for time in range(size):
        own = seen.row // len(texts) == time
        assert (seen.row[own] % len(texts)).tolist() == alone.row.tolist()
        assert seen.subject[own].tolist() == alone.subject.tolist()
        assert (doubts.row // len(texts) == time).sum() == len(odd.row)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.none() | TEXTS)
@example(["0" * 32], None)
@example(["490154203237518"], None)
@example(["a.b@gmail.com"], "x@y.de")
@example(["2125550100"], None)
def test_a_column_of_forms_is_left_alone(
    kind: Kind, texts: list[str], odd: str | None
) -> None:
    """Forms in a column become what each of them becomes, whatever is beside them."""
    forms = [form for text in texts if (form := canonical(kind, text))]
    asked = [*forms, odd, *texts[:1]]
    for some in (forms, texts[:1], asked):
        expected = [None if one is None else canonical(kind, one) for one in some]
        found = columns.canonical(kind, pl.Series("x", some, dtype=pl.String))
        assert found.to_list() == expected


NUMBERS = st.sampled_from(
    ("14155550100", "4155550100", "681234567890123456", "14155550199", "1234567")
)
EDGES = st.sampled_from(("", "x", "person", "0x", "1", "-", ".", "_"))


@given(EDGES, NUMBERS, EDGES, st.sampled_from(("@sms.example", "@example.com", "")))
def test_what_an_address_swallowed_is_found(
    before: str, number: str, behind: str, host: str
) -> None:
    """A number within an address or a word is found at a glance as in a scan."""
    text = f"{before}{number}{behind}{host}"
    for one in (text, f"write to {text} now", json.dumps({"to": text, "n": 1})):
        assert told(SCANNER.glance(one)) == told(SCANNER.scan(pl.Series([one])))


BEHIND = st.sampled_from(("", "307836962430", "7", "xx.", "x.", "uk.oc.", "-", "ed7."))


@given(BEHIND, st.sampled_from(("", ".x", "1", "_", "-a")))
def test_an_address_back_to_front_is_found(before: str, behind: str) -> None:
    """At a glance as in a scan, whatever stands right before it or behind."""
    text = f"{before}moc.elpmaxe@eod.enaj{behind}"
    for one in (text, f"write to {text} now", f"{text}\\"):
        assert told(SCANNER.glance(one)) == told(SCANNER.scan(pl.Series([one])))


def test_an_address_with_a_long_number_is_plain() -> None:
    """One that swallowed nobody's number is no reason to scan."""
    with patch.object(SCANNER, "scan", side_effect=AssertionError):
        seen, _ = SCANNER.glance('{"to": "person1234567@mail.example"}')
    assert not len(seen.row)
