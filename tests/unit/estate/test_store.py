"""The estate: one table, one digest, its sources, and views as of an instant."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from ringfence.boundary.selector import Holder
from ringfence.errors import SourceError
from ringfence.estate.facts import Fact, attribute, edge, node
from ringfence.estate.load import FactsFile
from ringfence.estate.store import FOREVER, Estate, Row
from tests.unit.estate.made import EDGE, NODE, SOURCE, estate, of, written

NOW = "2022-01-31T00:00:00Z"
NEXT = "2022-02-28T00:00:00Z"
HERE: dict[str, Any] = {"at": "x:1", "source": "hr"}


def home(value: str, **more: Any) -> Fact:
    """Return where Ann lives, as one source states it."""
    return attribute("person:ann", "residence", value, **HERE, **more)


def residence(folder: Path, now: str, *facts: Fact) -> set[str]:
    """Return where Ann lives at an instant."""
    holder = of(folder, facts).view(now).holders("person").get("person:ann", Holder())
    return set(holder.attributes.get("residence", ()))


# --- digest ---------------------------------------------------------------------------


def test_the_digest_is_that_of_the_written_file(tmp_path: Path):
    """`sha256sum facts.jsonl` is the estate digest; sorted lines are its content."""
    loaded = of(tmp_path, [node("person:b", **HERE), node("person:a", **HERE)])
    digest = loaded.write(tmp_path / "facts.jsonl")
    content = (tmp_path / "facts.jsonl").read_bytes()
    assert digest == loaded.digest() == hashlib.sha256(content).hexdigest()
    assert content.splitlines() == sorted(content.splitlines())
    assert content.endswith(b"}\n")


def test_an_empty_estate_has_a_digest(tmp_path: Path):
    """Nothing is hashed too, and is not taken for something."""
    loaded = estate(tmp_path, "")
    assert (loaded.size, loaded.has_facts(), loaded.sources()) == (0, False, ())
    assert loaded.digest() == hashlib.sha256(b"").hexdigest()
    assert (loaded.view(NOW).ids, loaded.view(NOW).edges().row.tolist()) == ([], [])


def test_an_estate_of_more_than_a_block_is_written_whole(tmp_path: Path):
    """Blocks of lines follow each other without a seam, on one thread or several."""
    lines = [written(NODE, id=f"person:{number:06}") for number in range(60_000)]
    path = tmp_path / "0.jsonl"
    path.write_text("\n".join(reversed(lines)) + "\n")
    digests = {Estate([FactsFile("f", path)], threads=n).digest() for n in (1, 2)}
    expected = "".join(f"{line}\n" for line in sorted(lines)).encode()
    assert digests == {hashlib.sha256(expected).hexdigest()}


# --- sources --------------------------------------------------------------------------


def test_a_source_is_what_its_fact_says(tmp_path: Path):
    """Name, kind, time, gap, detail, what it covers, and how many facts it stated."""
    source = written(SOURCE, detail={"covers": "store:a\nstore:b"}, unknown="no file")
    loaded = estate(tmp_path, "\n".join([source, written(NODE), written(EDGE)]))
    (found,) = loaded.sources()
    assert (found.name, found.kind, found.collected) == ("hr", "csv", SOURCE["value"])
    assert (found.unknown, found.facts) == ("no file", 2)
    assert found.covers == ("store:a", "store:b")
    assert loaded.has_facts()


def test_a_source_that_covers_nothing_covers_nothing(tmp_path: Path):
    """No store is the empty list, not a store without a name."""
    (found,) = estate(tmp_path, written(SOURCE)).sources()
    assert (found.covers, found.facts) == ((), 0)


def test_a_source_without_a_fact_is_undated(tmp_path: Path):
    """Facts of a source that no source fact tells of have nobody to say their age."""
    other = written(NODE, source="crm")
    loaded = estate(tmp_path, "\n".join([written(SOURCE), written(NODE), other]))
    assert [(one.name, one.collected, one.facts) for one in loaded.sources()] == [
        ("crm", "", 1),
        ("hr", SOURCE["value"], 1),
    ]


def test_source_facts_alone_are_no_facts(tmp_path: Path):
    """Knowing that a source was asked is knowing nothing of the world."""
    assert not estate(tmp_path, written(SOURCE)).has_facts()


# --- rows -----------------------------------------------------------------------------


def test_a_row_is_cited_with_its_line(tmp_path: Path):
    """A witness cites the fact's fields and its canonical line."""
    loaded = estate(tmp_path, written(EDGE))
    assert loaded.rows([]) == {}
    assert loaded.rows([0]) == {
        0: Row(
            line=written(EDGE),
            id="person:ann",
            name="member_of",
            value="group:dev",
            verb="",
            at="x:1",
            source="hr",
            control="",
            unknown="",
            detail="",
            guard="",
            needs="",
        )
    }


def test_what_is_stated_of_a_node_is_what_is_in_force(tmp_path: Path):
    """The facts behind a node's attributes are found, without those that ended."""
    facts = [home("CN", until=NOW), home("US", since=NOW), node("person:ann", **HERE)]
    view = of(tmp_path, facts).view(NOW)
    assert [row.value for row in view.about(["person:ann", "person:no"])] == ["US"]
    assert view.about([]) == []


# --- views ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2022-01-30T23:59:59Z", set()),
        (NOW, {"NO"}),
        ("2022-02-27T23:59:59Z", {"NO"}),
        (NEXT, set()),
    ],
)
def test_a_fact_holds_from_its_beginning_to_before_its_end(
    now: str, expected: set[str], tmp_path: Path
):
    """The first instant belongs to the interval, the last one does not."""
    assert residence(tmp_path, now, home("NO", since=NOW, until=NEXT)) == expected


def test_a_later_fact_ends_an_earlier_one(tmp_path: Path):
    """Of a single-valued attribute the value that began last counts."""
    facts = [home("US"), home("CN", since=NOW), home("SG", since=NEXT)]
    assert residence(tmp_path, "2022-01-01T00:00:00Z", *facts) == {"US"}
    assert residence(tmp_path, NOW, *facts) == {"CN"}
    assert residence(tmp_path, NEXT, *facts) == {"SG"}


def test_an_earlier_fact_holds_again_when_a_later_one_ended(tmp_path: Path):
    """Nothing is overwritten: what still holds comes back."""
    facts = [home("US"), home("CN", since=NOW, until=NEXT)]
    assert residence(tmp_path, NEXT, *facts) == {"US"}


def test_two_sources_may_disagree(tmp_path: Path):
    """Values that began together are both there: the conflict is not settled here."""
    facts = [home("US"), attribute("person:ann", "residence", "CN", at="y", source="b")]
    assert residence(tmp_path, NOW, *facts) == {"CN", "US"}


def test_many_valued_attributes_keep_all_values(tmp_path: Path):
    """A second employer doesn't end the first."""
    facts = [
        attribute("person:ann", "employer", value, since=since, **HERE)
        for value, since in (("acme", ""), ("pulse", NOW))
    ]
    holder = of(tmp_path, facts).view(NOW).holders("person")["person:ann"]
    assert holder.attributes["employer"] == {"acme", "pulse"}


def test_an_open_attribute_is_unknown(tmp_path: Path):
    """The last attribute fact leaves the answer open if it says `unknown`."""
    opened = written(
        NODE, fact="attribute", name="residence", since=NOW, unknown="two answers"
    )
    known = written(NODE, fact="attribute", name="residence", value="US")
    loaded = estate(tmp_path, f"{opened}\n{known}")
    before = loaded.view("2022-01-01T00:00:00Z").holders("person")["person:ann"]
    after = loaded.view(NOW).holders("person")["person:ann"]
    assert (before.unknown, after.unknown) == (frozenset(), frozenset({"residence"}))


def test_a_node_is_whatever_a_fact_in_force_mentions(tmp_path: Path):
    """Nodes come from any end of any fact, numbered in the order of their ids."""
    facts = [
        edge("person:z", "member_of", "group:a", **HERE),
        node("tool:m", **HERE),
        node("tool:gone", until=NOW, **HERE),
    ]
    view = of(tmp_path, facts).view(NOW)
    assert view.ids == ["group:a", "person:z", "tool:m"]
    assert view.number == {"group:a": 0, "person:z": 1, "tool:m": 2}
    assert view.holders("person") == {"person:z": Holder()}


def test_edges_are_arrays_without_stakes(tmp_path: Path):
    """Edges in force come as numbers of nodes; who owns whom is told apart."""
    owns = edge(
        "person:z", "owns", "legal_entity:e", detail={"min": "5", "max": "7"}, **HERE
    )
    facts = [
        edge("person:z", "member_of", "group:a", unknown="?", **HERE),
        edge("group:a", "has_privilege", "store:s", verb="read", control="c", **HERE),
        edge("person:z", "member_of", "group:old", until=NOW, **HERE),
        owns,
    ]
    view = of(tmp_path, facts).view(NOW)
    edges = view.edges()
    found = [
        (view.ids[tail], name, view.ids[head], verb, control, unknown)
        for tail, head, name, verb, control, unknown in zip(
            edges.tail,
            edges.head,
            edges.name,
            edges.verb,
            edges.control,
            edges.unknown,
            strict=True,
        )
    ]
    assert found == [
        ("group:a", "has_privilege", "store:s", "read", "c", ""),
        ("person:z", "member_of", "group:a", "", "", "?"),
    ]
    (stake,) = view.stakes()
    assert (stake.holder, stake.entity) == ("person:z", "legal_entity:e")
    assert [int(stake.low), int(stake.high)] == [5, 7]


def test_labels_are_names_for_people_to_read(tmp_path: Path):
    """A label is no attribute that a selector could turn on."""
    facts = [attribute("person:ann", "label", "Ann", **HERE), node("person:b", **HERE)]
    view = of(tmp_path, facts).view(NOW)
    assert view.labels(["person:ann", "person:b"]) == {"person:ann": "Ann"}
    assert view.labels([]) == {}
    assert view.holders("person")["person:ann"] == Holder()


def test_changes_are_the_instants_when_something_begins_or_ends(tmp_path: Path):
    """Of a period, its first instant is left out and its last one is in."""
    facts = [
        home("US", since=NOW, until=NEXT),
        home("CN", since="2022-02-01T00:00:00Z"),
    ]
    loaded = of(tmp_path, facts)
    assert loaded.changes(NOW, NEXT) == ["2022-02-01T00:00:00Z", NEXT]
    assert loaded.changes("", NOW) == [NOW]


def test_what_stops_the_database_is_told_as_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """An error of the database is an error of ours, without its own call stack."""
    path = tmp_path / "f"
    path.write_text(written(NODE))
    monkeypatch.setattr("ringfence.estate.load.LONGEST", "no number")
    with pytest.raises(SourceError) as caught:
        Estate([FactsFile("f", path)])
    assert str(caught.value).startswith("facts can't be loaded: ")


def test_edges_say_when_they_hold(tmp_path: Path):
    """Seconds since 1970, in the order of the edges; an open end is beyond any."""
    facts = [
        edge("person:a", "member_of", "group:g", since=NOW, until=NEXT, **HERE),
        edge("person:b", "member_of", "group:g", **HERE),
        edge("person:b", "owns", "legal_entity:c", **HERE),
    ]
    view = of(tmp_path, facts).view(NOW, NEXT)
    since, until = view.spans()
    tails = [view.ids[number] for number in view.edges().tail]
    ends = zip(since.tolist(), until.tolist(), strict=True)
    assert dict(zip(tails, ends, strict=True)) == {
        "person:a": (1_643_587_200, 1_646_006_400),
        "person:b": (-FOREVER, FOREVER),
    }
