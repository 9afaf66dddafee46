"""What a check has written is read back as it was, or refused."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ringfence.boundary.model import digest
from ringfence.claims.check import Run, check
from ringfence.claims.snapshot import Ask, boundary_of, compared, keep, opened
from ringfence.errors import ConfigError
from tests.cases import write_case

NOW = "2022-02-01T00:00:00Z"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    write_case(tmp_path / "case")
    check(Run(tmp_path / "case", tmp_path / "out", NOW))
    return tmp_path / "out"


def test_an_output_folder_is_read_back(out: Path):
    """Nothing is collected anew, and both digests are those of the files."""
    found = opened(Ask(out, NOW))
    facts, fence = (
        (out / name).read_bytes() for name in ("facts.jsonl", "boundary.json")
    )
    assert found.estate.digest() == hashlib.sha256(facts).hexdigest()
    assert digest(found.boundary) == hashlib.sha256(fence).hexdigest()
    assert found.facts == str(out / "facts.jsonl")


def test_a_case_is_collected(out: Path):
    """A boundary file and its folder give the same estate as the check had."""
    for case in (out.parent / "case", out.parent / "case" / "boundary.yaml"):
        found = opened(Ask(case, NOW))
        assert (found.estate.digest(), found.facts) == (
            opened(Ask(out, NOW)).estate.digest(),
            "",
        )


def test_another_instant_may_be_asked_about(out: Path):
    """`--as-of` goes into the boundary, and so into its digest."""
    found = opened(Ask(out, NOW, as_of="2021-01-01T00:00:00Z"))
    assert found.boundary.as_of == "2021-01-01T00:00:00Z"


def test_without_a_case_the_folder_is_looked_at(out: Path, monkeypatch):
    """First a `boundary.yaml`, then `out`; neither is an error with a remedy."""
    monkeypatch.chdir(out.parent)
    assert opened(Ask(None, NOW)).facts == "out/facts.jsonl"
    monkeypatch.chdir(out.parent / "case")
    assert opened(Ask(None, NOW)).facts == ""
    monkeypatch.chdir(out)
    with pytest.raises(ConfigError, match="there is no case here"):
        opened(Ask(None, NOW))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _raw: b"{", r"boundary.json: is no boundary"),
        (lambda raw: raw + b"\n", r"is not canonical JSON"),
        (
            lambda raw: raw.replace(b'"excluded":"in-cn"', b'"excluded":"x"'),
            r"names `x`, which isn't there",
        ),
        (
            lambda raw: raw.replace(b"2022-01-31T00:00:00Z", b"soon"),
            r"`soon` is no instant",
        ),
        (
            lambda raw: raw.replace(b'"technical"', b'"zap"'),
            r"has no `grades` called `zap`",
        ),
        (
            lambda raw: raw.replace(b'"residence"', b'"ethnicity"'),
            r"turns on `ethnicity`, which no fact may state",
        ),
        (
            lambda raw: raw.replace(b'"share":100', b'"share":0'),
            r"can't have a share of 0",
        ),
        (
            lambda raw: raw.replace(b'"max_age_days":', b'"max_age_days":-'),
            r"`max_age_days` can't be -",
        ),
        (
            lambda raw: raw.replace(b'"id":"', b'"id":"../'),
            r"`\.\./.*` is no name of a claim",
        ),
        (lambda _raw: json.dumps([]).encode(), r"is no boundary"),
        (None, r"no such file"),
    ],
)
def test_a_boundary_that_was_tampered_with_is_refused(change, message: str, out: Path):
    """It is what a check has written, byte for byte, or nothing is answered."""
    path = out / "boundary.json"
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ConfigError, match=message):
        opened(Ask(out, NOW))


@pytest.mark.parametrize("content", ["", "{}\n", "nonsense\n"])
def test_facts_that_are_none_are_refused(content: str, out: Path):
    """A snapshot whose facts don't load is no estate without facts."""
    (out / "facts.jsonl").write_text(content)
    with pytest.raises(ConfigError):
        opened(Ask(out, NOW))


def test_what_is_kept_is_what_was_asked(out: Path, tmp_path: Path):
    """Proofs of the same estate and boundary stay; beside others nothing is written."""
    found = opened(Ask(out, NOW))
    keep(found, out)
    assert list(out.glob("claim-*.json"))
    with pytest.raises(ConfigError, match="holds the proofs of another"):
        keep(opened(Ask(out, NOW, as_of="2021-01-01T00:00:00Z")), out)
    assert list(out.glob("claim-*.json"))
    (out / "facts.jsonl").rename(out / "gone")
    with pytest.raises(ConfigError, match="holds the proofs of another"):
        keep(found, out)
    (out / "gone").rename(out / "facts.jsonl")
    with pytest.raises(ConfigError, match="is no folder"):
        keep(found, out / "facts.jsonl")
    keep(found, tmp_path / "new" / "deep")
    assert opened(Ask(tmp_path / "new" / "deep", NOW)).boundary == found.boundary


def test_two_snapshots_share_a_boundary(out: Path):
    """That of the later one, or the one that is named; each keeps its own date."""
    facts, fence = out / "facts.jsonl", out / "boundary.json"
    old, new = compared((out, out), None, Ask(None, NOW))
    assert old.boundary == new.boundary == boundary_of(fence, Ask(None, NOW))
    old, new = compared(
        (facts, facts), out.parent / "case" / "boundary.yaml", Ask(None, NOW)
    )
    assert (old.boundary.as_of, new.facts) == ("2022-01-31T00:00:00Z", str(facts))
    with pytest.raises(ConfigError, match="add `--boundary FILE`"):
        compared((facts, facts), None, Ask(None, NOW))
    with pytest.raises(ConfigError, match="no such file or directory"):
        compared((out / "nope", out), None, Ask(None, NOW))
    with pytest.raises(ConfigError, match=r"holds no `facts.jsonl`"):
        compared((out.parent / "case", out), None, Ask(None, NOW))
