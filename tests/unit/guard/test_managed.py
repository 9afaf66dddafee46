"""AWS's own managed documents: who may read an unguarded object, and a guarded one?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.guard.recheck import recheck
from ringfence.guard.symbolic import Impossible, decide
from ringfence.guard.tree import Condition, canonical, parse
from tests.unit.guard.aws import GUARD, READ_BY_EXCLUDED, Statement, allowed

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("managed"),
]


@pytest.fixture(scope="module")
def documents(peer_data: Path) -> list[list[Statement]]:
    pytest.importorskip("z3")
    path = peer_data / "aws" / "aws_managed_policies.jsonl"
    return list(statements(path))


def statements(path: Path) -> Iterator[list[Statement]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)["document"]["Statement"]
        yield found if isinstance(found, list) else [found]


def answers(conditions: list[Condition]) -> Counter[str]:
    found = [decide((*READ_BY_EXCLUDED, one), seconds=30) for one in conditions]
    return Counter(type(one).__name__ for one in found)


def test_some_read_an_unguarded_object(documents: list[list[Statement]]):
    """Some 120 documents let an excluded principal read it, or can't be excluded."""
    found = answers([allowed(*one) for one in documents])
    assert 110 <= found["Possible"] + found["Unknown"] <= 130
    assert found["Possible"] >= 85


def test_one_guard_closes_every_one(documents: list[list[Statement]]):
    """One guard for the whole organisation leaves no document a way, as far as known."""
    found = answers([allowed(*one, GUARD) for one in documents])
    assert found == {"Impossible": len(documents)}


def test_every_document_reads_back(documents: list[list[Statement]]):
    """A large condition survives its canonical text, as it does in a facts file."""
    made = [allowed(*one) for one in documents]
    assert [parse(canonical(one)) for one in made] == made


def test_the_second_solver_agrees_on_real_documents(documents: list[list[Statement]]):
    """Proofs over real documents are proofs to cvc5."""
    pytest.importorskip("cvc5")
    for one in documents[::40]:
        answer = decide((*READ_BY_EXCLUDED, allowed(*one, GUARD)), seconds=30)
        assert isinstance(answer, Impossible)
        assert recheck(answer.proof) is True
