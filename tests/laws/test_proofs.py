"""Laws of proofs: each one verifies, and none does after any one change."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence_verify.__main__ import main
from tests.reference.estates import boundary, estate
from tests.reference.prover import Prover, files, prove, unique
from tests.reference.tampering import Files, encoded, resealed, tampered
from tests.reference.window import BOUNDARY, FACTS

WINDOW = files(FACTS, BOUNDARY)
MUTATIONS = 1_000
PROOFS = sorted(name for name in WINDOW if name.startswith("claim-"))


def checked(folder: Path, contents: Files) -> tuple[int, str]:
    """Write a folder anew and check it."""
    folder.mkdir(exist_ok=True)
    for stale in folder.iterdir():
        stale.unlink()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(said):
        code = main([str(folder)])
    said.seek(0)
    return code, said.read()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proofs")


def test_every_form_of_proof_verifies(folder: Path):
    """The reference prover's proofs of every kind of claim are accepted."""
    code, said = checked(folder, WINDOW)
    forms = {
        (claim.kind, json.loads(WINDOW[name])["ringfence"])
        for name in PROOFS
        for claim in BOUNDARY.claims
        if name.endswith(f"-{claim.id}.json")
    }
    assert (code, f"{len(PROOFS)} of {len(PROOFS)} proofs verify" in said) == (10, True)
    assert len(forms) == 14


@pytest.mark.parametrize("tenth", range(10))
def test_a_thousand_changes_are_all_refused(folder: Path, tenth: int):
    """Whatever one thing is changed, the checker ends with 12."""
    draw = Random(tenth)  # noqa: S311 - seeded on purpose: two runs must agree
    accepted = []
    for _ in range(MUTATIONS // 10):
        contents, what = tampered(WINDOW, draw)
        code, _ = checked(folder, contents)
        if code != 12:
            accepted.append((what, code))
    assert accepted == []


@pytest.mark.parametrize("name", [n for n in PROOFS if b'"closed"' in WINDOW[n]])
def test_no_member_of_a_closed_set_can_be_spared(folder: Path, name: str):
    """A forger who recomputes the digest can still not leave a state out."""
    proof = json.loads(WINDOW[name])
    accepted = []
    for number, part in enumerate(proof["parts"]):
        for verb, nodes in part["closed"].items():
            for node in list(nodes):
                nodes.remove(node)
                forged = resealed({**_alone(name), name: encoded(proof) + b"\n"})
                if checked(folder, forged)[0] != 12:
                    accepted.append((number, verb, node))
                nodes.append(node)
                nodes.sort()
    assert accepted == []


def _alone(name: str) -> Files:
    return {key: WINDOW[key] for key in ("facts.jsonl", "boundary.json", name)}


@given(st.integers(0, 2**32))
def test_proofs_of_random_estates_verify(folder: Path, seed: int):
    """Prover and checker, written apart, agree on estates that nobody thought of."""
    draw = Random(seed)  # noqa: S311
    contents = files(estate(draw), boundary(draw))
    if len(contents) > 2:
        code, said = checked(folder, contents)
        assert code == (10 if said.endswith(" if guard proofs hold\n") else 0), said


@given(st.integers(0, 2**32))
def test_a_proof_doesnt_outlive_its_truth(folder: Path, seed: int):
    """After a fact changed, and all digests and counts with it, no verdict is kept."""
    draw = Random(seed)  # noqa: S311
    facts, rules = unique(estate(draw)), boundary(draw)
    fewer = tuple(fact for fact in facts if draw.random() < 0.9)
    more = unique((*fewer, *estate(draw)[:2]))
    before, after = files(facts, rules), files(more, rules)
    for number, claim in enumerate(rules.claims, 1):
        name = f"claim-{number}-{claim.id}.json"
        now = prove(more, rules, claim)
        if name in before and json.loads(before[name])["verdict"] != now["verdict"]:
            proof = json.loads(before[name])
            view = Prover(more, rules, claim, as_of=proof["as_of"])
            proof["counts"] = view.counts()
            contents = {key: after[key] for key in ("facts.jsonl", "boundary.json")}
            contents[name] = encoded(proof) + b"\n"
            code, said = checked(folder, resealed(contents))
            assert code == 12, said
