"""What a scan found as facts, and what the claim about storage makes of them."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from ringfence.claims.check import Run, check
from ringfence.claims.collect import write_facts
from ringfence.claims.kinds import judge
from ringfence.claims.outcome import Verdict
from ringfence.claims.scanned import SHOWN, facts
from ringfence.egress.scan.found import Dataset, Scan, Seen
from ringfence.errors import RingfenceError
from ringfence.estate.facts import line
from ringfence.estate.load import FactsFile
from ringfence.estate.store import Estate
from tests.cases import BOUNDARY, write_case
from tests.estates import attribute, case, claim, edge, source

SINCE = "2022-01-30T00:00:00Z"
DATA = [
    attribute("store:db", "place", "US-VA"),
    edge("store:db", "contains", "dataset:db/s.users"),
    edge("dataset:db/s.users", "contains", "column:db/s.users.email"),
    attribute("column:db/s.users.email", "tag", "EMAIL"),
    attribute("store:sg", "place", "SG"),
]
STORED = claim("residency")


def seen(column: str, tag: str, *subjects: int) -> Seen:
    """Return people who were seen in a column."""
    return Seen(column, tag, len(subjects), np.array(subjects, np.uint64))


COPY = Dataset(
    "tmp/copy.parquet",
    "file",
    rows=3,
    looked=3,
    seen=(seen("email", "EMAIL", 1, 2, 3), seen("phone", "PHONE", 3, 4)),
    digest="ab" * 32,
)
CLEAN = Dataset("clean.csv", "file", rows=2, looked=2, digest="cd" * 32)
CLOSED = Dataset("closed.7z", "table", unread="the login may not read it")
PART = Dataset("part.zip", "file", gaps=("encrypted",), digest="ef" * 32)


def scan(*datasets: Dataset, sample: str = "", unread: int = 0) -> Scan:
    """Return a scan of some datasets."""
    objects = {"large objects": unread} if unread else {}
    return Scan("/srv/x", datasets, sample, "00" * 32, objects, ("a note",))


def told(found: Scan, store: str = "sg"):
    """Return the facts of a scan."""
    return [*facts(found, store=store, source="scan", collected=SINCE)]


def stated(found: Scan) -> dict[tuple[str, str], list[str]]:
    """Return the values of attributes, by node and name."""
    values: dict[tuple[str, str], list[str]] = {}
    for fact in told(found):
        if fact.fact == "attribute":
            values.setdefault((fact.id, fact.name), []).append(fact.value)
    return values


def judged(tmp_path, found: Scan, *more, asked=STORED, **boundary):
    """Return the judgement on storage, of data at home and a scan abroad."""
    everything = [source(), *DATA, *more, *told(found)]
    return judge(asked, case(tmp_path, everything, asked, **boundary))


# --- facts ----------------------------------------------------------------------------


def test_what_was_seen_is_stated():
    """Dataset, columns, tags, and how many people: of each, of the store each once."""
    assert stated(scan(COPY, CLEAN)) == {
        ("store:sg", "subjects"): ["4"],
        ("dataset:sg/tmp/copy.parquet", "form"): ["file"],
        ("dataset:sg/tmp/copy.parquet", "subjects"): ["4"],
        ("column:sg/tmp/copy.parquet.email", "subjects"): ["3"],
        ("column:sg/tmp/copy.parquet.email", "tag"): ["EMAIL"],
        ("column:sg/tmp/copy.parquet.phone", "subjects"): ["2"],
        ("column:sg/tmp/copy.parquet.phone", "tag"): ["PHONE"],
    }
    edges = [(f.id, f.value) for f in told(scan(COPY, CLEAN)) if f.fact == "edge"]
    assert edges == [
        ("store:sg", "dataset:sg/tmp/copy.parquet"),
        ("dataset:sg/tmp/copy.parquet", "column:sg/tmp/copy.parquet.email"),
        ("dataset:sg/tmp/copy.parquet", "column:sg/tmp/copy.parquet.phone"),
    ]


def test_facts_hold_from_the_day_of_the_scan():
    """Nobody knows how long it has lain there before."""
    assert {f.since for f in told(scan(COPY)) if f.fact != "source"} == {SINCE}


@pytest.mark.parametrize(
    "found",
    [
        scan(COPY, PART),
        scan(COPY, CLOSED),
        scan(COPY, unread=1),
    ],
)
def test_what_wasnt_looked_through_may_hold_others(found):
    """Then the store's count is one from below; the dataset's own is exact."""
    values = stated(found)
    assert values["store:sg", "subjects"] == ["4+"]
    assert values["dataset:sg/tmp/copy.parquet", "subjects"] == ["4"]


def test_a_sample_counts_from_below():
    """Who was seen is there, and there may be others in the rows that weren't drawn."""
    by_rows = Dataset("a.csv", "file", "rows", 90, 9, 1, COPY.seen, digest="ab" * 32)
    values = stated(scan(by_rows, sample="9 rows"))
    assert values["dataset:sg/a.csv", "subjects"] == ["4+"]
    assert values["column:sg/a.csv.phone", "subjects"] == ["2+"]


def test_one_column_may_hold_several_kinds():
    """Each is a tag, and people are counted once."""
    both = Dataset(
        "a.txt",
        "file",
        seen=(seen("text", "EMAIL", 1), seen("text", "PHONE", 1, 2)),
        digest="ab" * 32,
    )
    values = stated(scan(both))
    assert values["column:sg/a.txt.text", "tag"] == ["EMAIL", "PHONE"]
    assert values["column:sg/a.txt.text", "subjects"] == ["2"]


def test_the_source_says_what_was_read():
    """When, what of it, with which digest, and everything that wasn't looked through."""
    undecided = Dataset("t.csv", "file", undecided={"an opaque token": 3}, digest="00")
    found = scan(CLOSED, PART, undecided, sample="9 rows", unread=2)
    first = told(found)[0]
    assert (first.fact, first.name, first.value) == ("source", "scan", SINCE)
    assert first.detail["sha256"] == found.digest
    assert (first.detail["read"], first.detail["unread"]) == ("2", "1")
    assert [text for key, text in first.detail.items() if "note" in key] == [
        "a sample: 9 rows",
        "closed.7z: the login may not read it",
        "part.zip: not all of it was looked through: encrypted",
        "large objects: 2, not looked through",
        "3 values can't be decided",
        "a note",
    ]


def test_very_many_unread_are_counted():
    """A source names a hundred, and says how many more there are."""
    lost = [Dataset(f"{n:03}", "file", unread="no") for n in range(SHOWN + 2)]
    notes = [text for key, text in told(scan(*lost))[0].detail.items() if "note" in key]
    assert notes[SHOWN:-1] == ["2 datasets more weren't looked through, or not wholly"]


def test_the_digest_is_of_names_and_contents():
    """The order of datasets changes nothing; another name or content does."""
    assert scan(COPY, CLEAN).digest == scan(CLEAN, COPY).digest
    assert scan(COPY).digest != scan(CLEAN).digest
    lines = [f"{one.name}\0{one.digest}\n" for one in (CLEAN, COPY)]
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert scan(COPY, CLEAN).digest == expected


def test_facts_are_of_the_vocabulary(tmp_path):
    """An estate loads every fact of a scan."""
    path = tmp_path / "scan.jsonl"
    write_facts(told(scan(COPY, CLEAN, CLOSED, PART, sample="x", unread=1)), path)
    assert Estate([FactsFile("scan.jsonl", path)]).has_facts()


@pytest.mark.parametrize("value", ["", "-1", "01", "1.5", "1,204", "many", "+", "1++"])
def test_a_count_is_a_whole_number(tmp_path, value):
    """Anything else is no fact of the vocabulary."""
    path = tmp_path / "scan.jsonl"
    path.write_bytes(line(attribute("store:sg", "subjects", value)) + b"\n")
    with pytest.raises(RingfenceError):
        Estate([FactsFile("scan.jsonl", path)])


# --- the claim ------------------------------------------------------------------------


def test_a_copy_abroad_refutes_with_the_number_of_people(tmp_path):
    """The summary says how many, and the witness names the count beside the place."""
    found = judged(tmp_path, scan(COPY, CLEAN))
    assert found.verdict is Verdict.REFUTED
    assert found.summary == "at least 3 people's data in sg (SG): 1 store, 1 column"
    assert found.counts["subjects"] == 3
    assert [(hop.phrase, hop.head) for hop in found.paths[0].origin_facts] == [
        ("is in", "SG"),
        ("people found in it:", "4"),
    ]


def test_where_all_is_protected_the_whole_count_is_told(tmp_path):
    """Phones aren't protected here; without them the store's count is the claim's."""
    only = Dataset("a.csv", "file", seen=COPY.seen[:1], digest="ab" * 32)
    found = judged(tmp_path, scan(only))
    assert found.summary == "3 people's data in sg (SG): 1 store, 1 column"


def test_one_person_is_one(tmp_path):
    """The noun agrees."""
    only = Dataset("a.csv", "file", seen=(seen("e", "EMAIL", 9),), digest="ab" * 32)
    found = judged(tmp_path, scan(only))
    assert found.summary == "1 person's data in sg (SG): 1 store, 1 column"


def test_several_stores_are_named_by_how_many(tmp_path):
    """The fullest first; no more than two by name."""
    more = [
        fact
        for store, people in (("b", (1, 2)), ("c", (1, 2, 3)), ("d", (1,)))
        for fact in [
            attribute(f"store:{store}", "place", "CN"),
            *told(
                scan(
                    Dataset(
                        "x", "file", seen=(seen("e", "EMAIL", *people),), digest="0"
                    )
                ),
                store,
            )[1:],
        ]
    ]
    found = judged(tmp_path, scan(CLEAN), *more)
    head = "3 people's data in c (CN), 2 people's data in b (CN), 1 more"
    assert found.summary == f"{head}: 3 stores, 3 columns"


def test_a_store_that_doesnt_say_where_it_is_refutes_nothing(tmp_path):
    """What was found in it is unproven: it may lie at home."""
    found = judge(
        STORED,
        case(tmp_path, [source(), *DATA, *told(scan(COPY), "nowhere")], STORED),
    )
    assert found.verdict is Verdict.UNPROVEN


def test_a_column_without_a_total_counts_from_below(tmp_path):
    """Facts of somebody else's that count a column alone."""
    facts_ = [
        edge("store:sg", "contains", "column:sg/a.b.c"),
        attribute("column:sg/a.b.c", "tag", "EMAIL"),
        attribute("column:sg/a.b.c", "subjects", "7"),
    ]
    found = judge(STORED, case(tmp_path, [source(), *DATA, *facts_], STORED))
    assert found.summary == "at least 7 people's data in sg (SG): 1 store, 1 column"


def test_a_copy_that_nobody_counted_refutes_as_before(tmp_path):
    """Without a scan there is no number of people, and no word of one."""
    facts_ = [
        edge("store:sg", "contains", "column:sg/a.b.c"),
        attribute("column:sg/a.b.c", "tag", "EMAIL"),
    ]
    found = judge(STORED, case(tmp_path, [source(), *DATA, *facts_], STORED))
    assert found.summary == "1 store, 1 column"
    assert "subjects" not in found.counts


def test_a_period_is_refuted_from_the_day_of_the_scan_on(tmp_path):
    """Before it nothing is known of the copy."""
    until = claim("residency", during=("2022-01-01T00:00:00Z", SINCE))
    before = claim("residency", during=("2022-01-01T00:00:00Z", "2022-01-15T00:00:00Z"))
    found = judged(tmp_path, scan(COPY), asked=until)
    assert found.verdict is Verdict.REFUTED
    assert found.summary.startswith("at least 3 people's data in sg (SG)")
    assert judged(tmp_path, scan(COPY), asked=before).verdict is Verdict.UNPROVEN


@pytest.mark.parametrize("sample", ["", "9 rows of each dataset"])
def test_a_scan_that_found_nobody_upholds_no_more_than_before(tmp_path, sample):
    """Whole or in part: what was upheld without it is, and nothing else is."""
    empty = Dataset("a.csv", "file", "rows", 90, 9, 0, digest="ab" * 32)
    found = scan(empty if sample else CLEAN, PART, sample=sample)
    assert judged(tmp_path, found).verdict is Verdict.UPHELD
    nowhere = [attribute("store:x", "copy", "backup"), *DATA[1:4]]
    facts_ = [source(), *nowhere, *told(found, "db")]
    assert judge(STORED, case(tmp_path, facts_, STORED)).verdict is Verdict.UNPROVEN


def test_what_couldnt_be_read_is_unknown(tmp_path):
    """A dataset abroad that nobody could open: the boundary says what that counts as."""
    found = judged(tmp_path, scan(CLOSED), unclassified="unknown")
    assert found.verdict is Verdict.UNPROVEN
    assert judged(tmp_path, scan(CLOSED)).verdict is Verdict.UPHELD


# --- facts beside those of the boundary -----------------------------------------------

RESIDENCY = BOUNDARY.replace("kind: no_reach, excluded: in-cn", "kind: residency")
HOME = (
    '{"at":"db","fact":"attribute","id":"store:w","name":"place","source":"db",'
    '"value":"US"}\n'
    '{"at":"db","fact":"attribute","id":"store:sg","name":"place","source":"db",'
    '"value":"SG"}\n'
)


def ran(tmp_path, *further):
    """Return the outcome of a small case, with further facts files."""
    from tests.cases import WAREHOUSE  # noqa: PLC0415

    folder = write_case(
        tmp_path / "case", boundary=RESIDENCY, warehouse=WAREHOUSE + HOME
    )
    return check(Run(folder, tmp_path / "out", SINCE, further=further))


def test_facts_given_beside_turn_the_verdict(tmp_path):
    """Upheld without, refuted with them; the report names file and scan as sources."""
    path = tmp_path / "scan.facts.jsonl"
    write_facts(told(scan(COPY, CLEAN)), path)
    assert ran(tmp_path).findings[0].verdict is Verdict.UPHELD
    found = ran(tmp_path, path, path)
    assert found.findings[0].verdict is Verdict.REFUTED
    sources = {one.name: one for one in found.sources}
    assert sources["scan"].kind == "scan"
    assert sources[f"--with {path}"].collected == SINCE
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    estate = (tmp_path / "out" / "facts.jsonl").read_text(encoding="utf-8")
    assert f'"detail":{{"file:{path}":"{digest}"}}' in estate


@pytest.mark.parametrize(
    "content",
    ["", "no fact\n", '{"fact":"source"}\n', '{"fact":"source",\n', None],
)
def test_a_file_that_cant_be_read_is_an_unread_source(tmp_path, content):
    """Nothing is upheld then: nobody knows what it would have said."""
    path = tmp_path / "scan.facts.jsonl"
    if content is not None:
        path.write_text(content)
    found = ran(tmp_path, path)
    assert found.findings[0].verdict is Verdict.UNPROVEN
    assert [one.is_read for one in found.sources if "--with" in one.name] == [False]


def test_a_file_is_as_old_as_its_oldest_source(tmp_path):
    """Of two sources in it, and of one without a date."""
    path = tmp_path / "both.jsonl"
    both = [source("a", collected="2022-01-02T00:00:00Z"), source("b")]
    write_facts(both, path)
    sources = {one.name: one for one in ran(tmp_path, path).sources}
    assert sources[f"--with {path}"].collected == "2022-01-02T00:00:00Z"
    write_facts([*both, source("c", collected="")], path)
    sources = {one.name: one for one in ran(tmp_path, path).sources}
    assert sources[f"--with {path}"].collected == ""
