"""Sources into facts files: what each gave, or why it could not be read."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ringfence.claims import collect as room
from ringfence.claims.collect import Told, collect, gathered, load_told, unread
from ringfence.errors import ConfigError, Locus, Problem, RingfenceError, SourceError
from ringfence.estate.facts import Fact, line, node
from ringfence.estate.load import FactsFile
from ringfence.estate.store import Estate
from ringfence.sources.source import Harvest, Note, Order
from tests.cases import WAREHOUSE

DAY = "2022-01-30T00:00:00Z"
AT = Locus("boundary.yaml", 9, 3)


class Given:
    """A source that gives what it is told to give, or fails with it."""

    kind = "given"
    summary = "for tests"
    options = ()

    def __init__(self, harvest: Harvest | Exception) -> None:
        self.harvest = harvest

    def read(self, _order: Order) -> Harvest:
        """Return the harvest, or raise it."""
        if isinstance(self.harvest, Exception):
            raise self.harvest
        return self.harvest


@pytest.fixture
def give(monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes every source one that gives something."""

    def _give(harvest: Harvest | Exception) -> None:
        monkeypatch.setattr(room, "find", lambda _kind: Given(harvest))

    return _give


def told(folder: Path, *files: str, history: str = "") -> Told:
    order = Order("hr", files, folder, at=AT)
    return collect(order, "given", folder, collected=DAY, history=history)


def stated(one: Told) -> list[dict[str, object]]:
    lines = [text for file in one.files for text in file.path.read_text().splitlines()]
    return [json.loads(text) for text in lines]


def test_a_source_is_a_source_fact_and_its_facts(tmp_path: Path, give):
    """The source fact tells time, bytes, coverage and notes of what was read."""
    (tmp_path / "people.csv").write_bytes(b"id\n")
    fact = node("person:ann", at="people.csv:2", source="hr")
    notes = [Note("column dropped", Locus("people.csv", 1)), Note("no place")]
    give(Harvest([fact], notes, covers=["store:b", "store:a", "store:b"]))
    found = told(tmp_path, "people.csv", history="2019-01-01T00:00:00Z")
    assert found.problems == ()
    assert stated(found) == [
        {
            "at": "boundary.yaml:9:3",
            "detail": {
                "covers": "store:a\nstore:b",
                "file:people.csv": hashlib.sha256(b"id\n").hexdigest(),
                "history_since": "2019-01-01T00:00:00Z",
                "note:0001": "people.csv:1: column dropped",
                "note:0002": "no place",
            },
            "fact": "source",
            "id": "hr",
            "name": "given",
            "source": "hr",
            "value": DAY,
        },
        json.loads(line(fact)),
    ]


@pytest.mark.parametrize(
    ("error", "unknown"),
    [
        (SourceError("is empty", Locus("p.csv", 1), "fill it"), "is empty"),
        (ConfigError("needs `store`", AT), "needs `store`"),
        (RingfenceError(""), "can't be read"),
        (SourceError("half a \ud800 pair"), "half a \\ud800 pair"),
        (ValueError("postgres://u:secret@db"), "the source itself failed (ValueError)"),
        (RecursionError("deep"), "the source itself failed (RecursionError)"),
    ],
    ids=["source", "config", "silent", "surrogate", "foreign", "recursion"],
)
def test_a_source_that_fails_is_unread(
    error: Exception, unknown: str, tmp_path: Path, give
):
    """Whatever a source fails with, it leaves one source fact that says why."""
    give(error)
    found = told(tmp_path)
    assert [(one["id"], one["unknown"]) for one in stated(found)] == [("hr", unknown)]
    assert found.problems
    assert "secret" not in found.files[0].path.read_text()


def test_facts_that_cannot_be_written_make_a_source_unread(tmp_path: Path, give):
    """A name that is no text is the source's failure, and the run goes on."""
    give(Harvest([node("person:\ud800", at="x", source="hr")]))
    found = told(tmp_path)
    assert [one.get("unknown") for one in stated(found)] == [
        "the source itself failed (UnicodeEncodeError)"
    ]


def test_what_was_read_loads_and_what_was_not_is_counted(tmp_path: Path, give):
    """The estate takes both: a source that was read, and one that says why not."""
    give(Harvest([node("person:ann", at="x", source="hr")]))
    good = told(tmp_path)
    order = Order("crm", at=AT)
    give(SourceError("no such file", Locus("crm.csv")))
    bad = collect(order, "given", tmp_path, collected="")
    estate, kept = load_told([good, bad], tmp_path)
    assert kept == [good, bad]
    assert [(one.name, one.unknown, one.facts) for one in estate.sources()] == [
        ("crm", "no such file", 0),
        ("hr", "", 1),
    ]


def facts_file(folder: Path, name: str, content: str) -> Told:
    path = folder / name
    path.write_text(content)
    order = Order(name.partition(".")[0], (name,), folder, at=AT)
    return collect(order, "facts", folder, collected=DAY)


def test_a_facts_file_is_loaded_as_it_stands(tmp_path: Path):
    """It brings source facts of its own, and none is added."""
    estate, _ = load_told([facts_file(tmp_path, "w.jsonl", WAREHOUSE)], tmp_path)
    assert estate.size == WAREHOUSE.count("\n")
    assert [one.name for one in estate.sources()] == ["db"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (WAREHOUSE + "nonsense\n", "is not JSON: invalid character (byte 4)"),
        (WAREHOUSE.replace("\n", "\r\n"), "holds a carriage return"),
        (WAREHOUSE + "x" * 17_000_000, "is longer than 16 MiB"),
    ],
    ids=["a bad line", "CRLF", "a long line"],
)
def test_one_bad_line_makes_that_source_unread_and_no_other(
    content: str, reason: str, tmp_path: Path
):
    """None of a bad file's facts gets in; the other sources do."""
    (tmp_path / "work").mkdir()
    bad = facts_file(tmp_path, "bad.jsonl", content)
    good = facts_file(tmp_path, "good.jsonl", WAREHOUSE)
    estate, kept = load_told([bad, good], tmp_path / "work")
    assert [bool(one.problems) for one in kept] == [True, False]
    assert {one.name: one.unknown for one in estate.sources()} == {
        "bad": reason,
        "db": "",
    }
    assert estate.size == WAREHOUSE.count("\n") + 1


def test_every_bad_file_becomes_unread(tmp_path: Path):
    """Two files that hold the same bad line are both left out, in the end."""
    names = ("a.jsonl", "b.jsonl", "c.jsonl")
    bad = [facts_file(tmp_path, name, "{}\n" * 30) for name in names]
    estate, kept = load_told(bad, tmp_path)
    assert [len(one.problems) > 0 for one in kept] == [True] * 3
    assert (estate.size, estate.has_facts()) == (3, False)


def test_what_is_nobodys_fault_is_raised(tmp_path: Path, monkeypatch):
    """An error that names no source's file ends the run instead of going in circles."""

    def fail(_files: object) -> Estate:
        raise SourceError("facts can't be loaded")

    one = facts_file(tmp_path, "a.jsonl", WAREHOUSE)
    monkeypatch.setattr(room, "Estate", fail)
    with pytest.raises(SourceError, match="can't be loaded"):
        load_told([one], tmp_path)


def test_an_unread_source_keeps_its_order(tmp_path: Path):
    """What was asked stays known: a reader sees which source is missing."""
    order = Order("hr", ("p.csv",), tmp_path, at=AT)
    problems = (Problem("is empty", Locus("p.csv")), Problem("is old"))
    found = unread(Told(order, "given", DAY, ""), problems, tmp_path)
    assert (found.order, found.kind, found.collected) == (order, "given", DAY)
    assert found.problems == problems
    assert stated(found)[0]["unknown"] == "is empty"


# --- collecting one source alone ------------------------------------------------------


def ask(
    kind: str, *files: str, source: str = "hr", options: tuple[str, ...] = (), when=DAY
) -> list[Fact]:
    return gathered(kind, files, source=source, options=options, collected=when)


def test_what_a_collector_writes_loads_to_the_same_estate(tmp_path: Path, monkeypatch):
    """Collected near the system or read on the spot: the facts are the same."""
    monkeypatch.chdir(tmp_path)
    Path("people.csv").write_text("userName,home\nann,NO\n")
    option = "columns={id: userName, residence: home}"
    facts = ask("people-csv", "people.csv", options=(option,), when="2022-01-30")
    room.write_facts(facts, Path("hr.jsonl"))
    estate = Estate([FactsFile("hr.jsonl", Path("hr.jsonl"))])
    digest = estate.write(Path("facts.jsonl"))
    again = Estate([FactsFile("facts.jsonl", Path("facts.jsonl"))])
    assert (again.digest(), estate.size) == (digest, len(facts))
    (source,) = estate.sources()
    assert (source.name, source.kind, source.collected) == ("hr", "people-csv", DAY)
    holder = estate.view(DAY).holders("person")["person:ann"]
    assert holder.attributes["residence"] == {"NO"}


REFUSED: dict[str, tuple[tuple[str, ...], dict[str, Any], str]] = {
    "no kind": (("nope",), {}, "nope: there is no kind of source `nope`"),
    "no date": (("scim",), {"when": "soon"}, "--collected: `soon` is no date"),
    "no option": (
        ("people-csv",),
        {"options": ("columns",)},
        "--set: `columns` is no option",
    ),
    "no name of an option": (
        ("scim",),
        {"options": ("=x",)},
        "--set: `=x` is no option",
    ),
    "no YAML": (
        ("people-csv",),
        {"options": ("columns={",)},
        "--set columns:2:1: is not YAML",
    ),
    "no name": (("scim",), {"source": " "}, "--source: a source needs a name"),
    "facts already": (
        ("facts", "hr.jsonl"),
        {},
        "hr.jsonl: is a facts file already",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_order_that_cannot_be_meant_is_refused(
    case: str, tmp_path: Path, monkeypatch
):
    """The command line's own mistakes are told with the option that made them."""
    monkeypatch.chdir(tmp_path)
    Path("hr.jsonl").write_text(WAREHOUSE)
    words, options, message = REFUSED[case]
    with pytest.raises(ConfigError) as caught:
        ask(*words, **options)
    assert str(caught.value).startswith(message)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch):
    """Alone, a source that can't be read is no facts file but an error."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=r"people\.csv: no such file"):
        ask("people-csv", "people.csv")


def test_a_source_that_fails_tells_no_password(give):
    """Alone too, a source's own words are left out: they may hold a password."""
    give(ValueError("postgres://u:secret@db"))
    with pytest.raises(SourceError) as caught:
        ask("scim")
    assert str(caught.value) == (
        "scim: the source itself failed (ValueError)\n"
        "  help: tell whoever wrote the source `scim`"
    )


def test_a_name_that_is_not_utf_8_is_made_visible(tmp_path: Path, monkeypatch):
    """A file's name may be any bytes; a fact is text."""
    monkeypatch.chdir(tmp_path)
    name = "x\udcff.csv"
    Path(name).write_text("id\nann\n")
    source, *_ = ask("people-csv", name)
    assert list(source.detail) == ["file:x\\udcff.csv"]
    assert line(source).decode()
