"""The whole run: from a boundary file and its sources to an outcome and proof files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ringfence.claims.check import Run, check, collected, read_boundary
from ringfence.claims.outcome import Outcome, Verdict
from ringfence.errors import ConfigError, NothingCollectedError, RingfenceError
from ringfence.estate.load import FactsFile
from ringfence.estate.store import Estate
from tests.cases import BOUNDARY, CROSSING, PEOPLE, WAREHOUSE, write_case

NOW = "2030-01-01T00:00:00Z"


def run(case: Path, **more: Any) -> Outcome:
    return check(Run(case, case / "out", now=NOW, **more))


def judged(outcome: Outcome) -> tuple[Verdict, list[str]]:
    (finding,) = outcome.findings
    return finding.verdict, [reason.code for reason in finding.reasons]


def refusal(case: Path, **more: Any) -> RingfenceError:
    with pytest.raises(RingfenceError) as caught:
        run(case, **more)
    return caught.value


def test_a_case_is_judged_and_proved(tmp_path: Path):
    """The output folder holds the estate, the boundary and proof, digests agreeing."""
    outcome = run(write_case(tmp_path))
    out = tmp_path / "out"
    assert judged(outcome) == (Verdict.UPHELD, [])
    digests = {
        name: hashlib.sha256((out / name).read_bytes()).hexdigest()
        for name in ("facts.jsonl", "boundary.json")
    }
    assert digests == {
        "facts.jsonl": outcome.estate_digest,
        "boundary.json": outcome.boundary_digest,
    }
    proof = json.loads((out / "claim-1-nobody.json").read_text())
    assert (proof["ringfence"], proof["estate"], proof["boundary"]) == (
        "certificate/1",
        outcome.estate_digest,
        outcome.boundary_digest,
    )
    again = Estate([FactsFile("facts", out / "facts.jsonl")])
    assert (again.digest(), again.size) == (outcome.estate_digest, outcome.facts)


def test_a_crossing_is_refuted_with_its_path(tmp_path: Path):
    """One fact more, and the claim falls, whatever else holds."""
    outcome = run(write_case(tmp_path, warehouse=WAREHOUSE + CROSSING))
    assert judged(outcome)[0] is Verdict.REFUTED
    proof = json.loads((tmp_path / "out" / "claim-1-nobody.json").read_text())
    (path,) = proof["paths"]
    assert (path["origin"], path["target"]) == ("person:ann", "column:w/a.b.c")
    assert path["facts"][0] + "\n" == CROSSING


def test_counts_are_those_of_the_estate(tmp_path: Path):
    """People, columns, excluded and facts are counted as they stand."""
    outcome = run(write_case(tmp_path))
    assert (outcome.nodes["person"], outcome.nodes["column"]) == (2, 1)
    assert outcome.excluded == {"in-cn": {"yes": 1, "no": 1, "unknown": 0}}
    assert outcome.protected == {"columns": 1, "datasets": 1, "unclassified": 0}
    assert [(one.name, one.kind, one.facts) for one in outcome.sources] == [
        ("db", "dump", 4),
        ("hr", "people-csv", 6),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"people": "id,residence\nann,Nowhere\n"},
        {"people": PEOPLE.encode("utf-16")},
        {"people": b"PK\x03\x04"},
        {"warehouse": WAREHOUSE + "nonsense\n"},
        {"warehouse": WAREHOUSE + CROSSING + CROSSING.replace("ann", "\xe9\x00")},
        {"boundary": BOUNDARY.replace("people.csv", "none.csv")},
        {"boundary": BOUNDARY.replace("people.csv", '"a\\0b"')},
        {"boundary": BOUNDARY.replace("warehouse.jsonl", '"a\\0b"')},
    ],
    ids=[
        "a bad cell",
        "not UTF-8",
        "an archive",
        "a bad fact",
        "a NUL",
        "no such file",
        "no file name",
        "no facts file name",
    ],
)
def test_what_was_not_read_upholds_nothing(broken: dict[str, str], tmp_path: Path):
    """The run goes on without a source, and its claim is unproven for that reason."""
    outcome = run(write_case(tmp_path, **broken))
    verdict, reasons = judged(outcome)
    assert (verdict, "unread-source" in reasons) == (Verdict.UNPROVEN, True)
    unread = [one for one in outcome.sources if one.problems]
    assert [(one.facts, len(one.problems) > 0) for one in unread] == [(0, True)]
    assert not list((tmp_path / "out").glob("claim-*.json"))


def test_a_witness_refutes_whatever_was_not_read(tmp_path: Path):
    """What is missing can't mend what is there."""
    direct = CROSSING.replace("person:ann", "person:cy")
    lives = (
        '{"at":"db","fact":"attribute","id":"person:cy","name":"residence",'
        '"source":"db","value":"CN"}\n'
    )
    case = write_case(tmp_path, warehouse=WAREHOUSE + direct + lives, people="")
    verdict, reasons = judged(run(case))
    assert (verdict, "unread-source" in reasons) == (Verdict.REFUTED, True)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (", collected: 2022-01-30", "", "undated-source"),
        ("collected: 2022-01-30", "collected: 2021-11-30", "stale-source"),
        ("collected: 2022-01-30", "collected: 2022-03-30", "stale-source"),
    ],
    ids=["undated", "older", "younger"],
)
def test_age_counts(old: str, new: str, reason: str, tmp_path: Path):
    """A source of no date, or of another time, upholds nothing."""
    case = write_case(tmp_path, boundary=BOUNDARY.replace(old, new))
    assert judged(run(case)) == (Verdict.UNPROVEN, [reason])


def test_facts_of_a_source_that_nobody_dated_uphold_nothing(tmp_path: Path):
    """Whoever takes the source fact out of a facts file takes the proof with it."""
    other = CROSSING.replace('"source":"db"', '"source":"crm"').replace("ann", "bo")
    case = write_case(tmp_path, warehouse=WAREHOUSE + other)
    assert judged(run(case)) == (Verdict.UNPROVEN, ["undated-source"])


def test_proof_of_an_earlier_run_is_removed(tmp_path: Path):
    """What lies in the folder is this run's proof, or nobody's."""
    run(write_case(tmp_path))
    assert (tmp_path / "out" / "claim-1-nobody.json").exists()
    run(write_case(tmp_path, people=""))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "boundary.json",
        "facts.jsonl",
    ]


def test_nothing_collected_is_no_verdict(tmp_path: Path):
    """Without a single fact there is nothing to judge; every source says why."""
    error = refusal(write_case(tmp_path, people="", warehouse=""))
    assert isinstance(error, NothingCollectedError)
    assert [problem.message for problem in error.problems] == [
        "nothing was collected: no source gave a fact",
        "has no header line",
        "holds no source fact: nobody says when it was collected",
    ]
    assert not (tmp_path / "out").exists()


def test_the_instant_is_asked_stated_or_now(tmp_path: Path):
    """What is asked for counts before the boundary's date, and that before today."""
    case = write_case(tmp_path)
    assert run(case).as_of == "2022-01-31T00:00:00Z"
    asked = "2022-02-01T00:00:00Z"
    assert run(case, as_of=asked).as_of == asked
    write_case(tmp_path, boundary=BOUNDARY.replace("as_of: 2022-01-31\n", ""))
    outcome = run(case)
    assert (outcome.as_of, outcome.boundary.as_of) == (NOW, NOW)
    assert json.loads((case / "out" / "boundary.json").read_bytes())["as_of"] == NOW


def test_a_boundary_is_named_itself_or_by_its_folder(tmp_path: Path):
    """Either way its sources are looked for beside it."""
    case = write_case(tmp_path)
    other = case / "other.yaml"
    other.write_text(BOUNDARY.replace("boundary: fence", "boundary: other"))
    assert read_boundary(case).boundary.name == "fence"
    assert read_boundary(other).boundary.name == "other"
    assert collected(Run(other, case / "out", now=NOW)).estate.has_facts()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "boundary.yaml:1: byte 0 is not UTF-8"),
        (b"PK\x03\x04", "boundary.yaml: is a zip archive"),
        (b"", "boundary.yaml: is empty"),
        (b"a: [1", "boundary.yaml:2:1: is not YAML"),
    ],
    ids=["latin", "zip", "empty", "broken off"],
)
def test_a_boundary_that_cannot_be_read_stops_the_run(
    content: bytes, message: str, tmp_path: Path
):
    """Without a boundary there is no question; nothing is written."""
    error = refusal(write_case(tmp_path, boundary=content))
    assert isinstance(error, ConfigError)
    assert message in str(error)
    assert not (tmp_path / "out").exists()


def test_there_is_no_boundary(tmp_path: Path):
    """A folder without a boundary file, and a path that is none, are told."""
    assert "boundary.yaml: no such file or directory" in str(refusal(tmp_path))
    assert "no such file or directory" in str(refusal(tmp_path / "none"))


def test_stages_are_told_as_they_begin(tmp_path: Path):
    """Whoever waits can be told for what."""
    stages: list[str] = []
    run(write_case(tmp_path), progress=stages.append)
    assert stages == [
        "collecting facts",
        "loading the estate",
        "writing the facts",
        "judging claim 1 of 1",
    ]
