"""The checker of closed sets: what it accepts, and each offence by its name."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from ringfence_verify import bulk
from ringfence_verify.__main__ import main
from ringfence_verify.bulk import FILES, verify
from ringfence_verify.reading import RefusedError, canonical

CONTROL, READ = 1, 2
# Node 0 is a principal, 1 its group, 2 data that it reads, 3 and 4 other data.
EDGES = [(0, 1, CONTROL, 0), (1, 2, READ, 0), (3, 4, 0, READ), (1, 0, CONTROL, 0)]
CONTENT = {
    "closed.bin": struct.pack("<5H", CONTROL, CONTROL, READ, 0, 0),
    "data.bin": b"\x1c",
    "edges.bin": b"".join(struct.pack("<IIHH", *edge) for edge in EDGES),
    "origins.bin": struct.pack("<2I", 0, 2),
    "targets.bin": struct.pack("<2I", 3, 4),
}
COUNTS = {
    "edges_unknown": 1,
    "origins": 2,
    "origins_unknown": 2,
    "targets": 2,
    "targets_unknown": 1,
}
NOTHING: Mapping[str, Any] = MappingProxyType({})
TOLD = {
    "ringfence": "closure/1",
    "nodes": 5,
    "edges": len(EDGES),
    "verbs": 0xFFE,
    "input": {"edges.parquet": "0" * 64},
}


def put(
    folder: Path,
    content: Mapping[str, bytes] = NOTHING,
    counts: Mapping[str, int] = NOTHING,
    **told: Any,
) -> Path:
    """Write a certificate with some parts changed, and digests that fit."""
    files = {**CONTENT, **content}
    digests = {name: hashlib.sha256(files[name]).hexdigest() for name in FILES}
    whole = {**TOLD, "digests": digests, "counts": {**COUNTS, **counts}, **told}
    whole["digest"] = hashlib.sha256(canonical(whole)).hexdigest()
    for name, part in files.items():
        (folder / name).write_bytes(part)
    (folder / "closure.json").write_bytes(canonical(whole) + b"\n")
    return folder


def test_a_closed_set_is_accepted_in_words(tmp_path: Path):
    """What a closed set shows is said with all its counts."""
    assert verify(put(tmp_path)) == (
        "isolated; 2 origins, certain or not, of which none reaches any of 2 targets: "
        "4 edges, of which none leaves a closed set of 3 of 5 nodes"
    )


def masks(*held: int) -> dict[str, bytes]:
    return {"closed.bin": struct.pack("<5H", *held)}


def edge(*parts: int) -> dict[str, bytes]:
    return {"edges.bin": struct.pack("<IIHH", *parts) + CONTENT["edges.bin"][12:]}


def nodes(name: str, *told: int) -> dict[str, bytes]:
    return {f"{name}.bin": struct.pack(f"<{len(told)}I", *told)}


@pytest.mark.parametrize(
    ("content", "offence"),
    [
        (masks(0, CONTROL, READ, 0, 0), "closed.bin lacks its origin 0"),
        (masks(CONTROL, CONTROL, CONTROL, 0, 0), "closed.bin lacks its origin 2"),
        (masks(CONTROL, CONTROL, READ, READ, READ), "closed.bin holds target 3"),
        (masks(CONTROL, 0, READ, 0, 0), "edge 0 leaves closed.bin"),
        (masks(CONTROL, CONTROL, 1 << 12, 0, 0), "closed.bin holds what is no state"),
        (edge(2, 4, 0, READ), "edge 0 leaves closed.bin"),
        (edge(0, 4, 1 << 11, 0), "edge 0 leaves closed.bin"),
        (edge(0, 1, 1 << 15, 0), "edge 0 leaves closed.bin"),
        (edge(0, 5, CONTROL, 0), "edges.bin names a node that isn't there"),
        (edge(1 << 31, 0, 0, 0), "edges.bin names a node that isn't there"),
        ({"data.bin": b"\x3c"}, "data.bin is too long"),
        (nodes("origins", 2, 0), "origins.bin doesn't ascend, or ends too high"),
        (nodes("origins", 0, 0), "origins.bin doesn't ascend, or ends too high"),
        (nodes("targets", 3, 5), "targets.bin doesn't ascend, or ends too high"),
        (nodes("targets", 3), "targets.bin hasn't 8 bytes"),
        ({"closed.bin": b"\1"}, "closed.bin hasn't 10 bytes"),
        ({"edges.bin": b""}, "edges.bin hasn't 48 bytes"),
    ],
)
def test_a_file_that_shows_nothing_is_refused(
    content: dict[str, bytes], offence: str, tmp_path: Path
):
    """Files with digests that fit are refused for what they say."""
    with pytest.raises(RefusedError) as refused:
        verify(put(tmp_path, content))
    assert str(refused.value) == offence


@pytest.mark.parametrize(
    ("told", "offence"),
    [
        ({"ringfence": "closure/2"}, "closure.json isn't `closure/1`"),
        ({"more": 1}, "closure.json has other keys"),
        ({"nodes": True}, "`nodes` is not of the form `whole`"),
        ({"nodes": 0}, "there is no node"),
        ({"nodes": 10**30}, f"closed.bin hasn't {2 * 10**30} bytes"),
        ({"edges": -1}, "a count is below 0"),
        ({"verbs": 0}, "`verbs` aren't verbs"),
        ({"verbs": CONTROL | READ}, "`verbs` aren't verbs"),
        ({"input": {"edges.parquet": "x"}}, "`input` is not of the form `digest`"),
        ({"input": []}, "`input` is not of the form `{digest]`"),
        ({"counts": {"more": 1}}, "`counts` has other keys"),
        ({"digests": {}}, "`digests` has other files"),
    ],
)
def test_a_manifest_of_another_form_is_refused(
    told: dict[str, Any], offence: str, tmp_path: Path
):
    """`closure.json` has one form, closed, and whole numbers are whole numbers."""
    with pytest.raises(RefusedError) as refused:
        verify(put(tmp_path, **told))
    assert str(refused.value) == offence


@pytest.mark.parametrize(
    ("counts", "offence"),
    [
        ({"origins_unknown": 3}, "too many origins unknown"),
        ({"edges_unknown": 5}, "too many edges unknown"),
        ({"targets_unknown": 2}, "the question is vacuous: no target is certain"),
        ({"origins_unknown": -1}, "a count is below 0"),
    ],
)
def test_counts_that_can_not_be_are_refused(
    counts: dict[str, int], offence: str, tmp_path: Path
):
    """No more are unknown than there are, and something is certainly protected."""
    with pytest.raises(RefusedError) as refused:
        verify(put(tmp_path, counts=counts))
    assert str(refused.value) == offence


def test_nobody_excluded_is_vacuous(tmp_path: Path):
    """A closed set of nobody shows nothing."""
    counts = {"origins": 0, "origins_unknown": 0}
    with pytest.raises(RefusedError, match="vacuous: there is no origin"):
        verify(put(tmp_path, {"origins.bin": b""}, counts=counts))


def test_another_digest_is_refused(tmp_path: Path):
    """A file or a manifest that isn't what its digest says is refused."""
    put(tmp_path)
    manifest = (tmp_path / "closure.json").read_bytes()
    (tmp_path / "closure.json").write_bytes(manifest.replace(b'"input"', b'"inpux"'))
    with pytest.raises(RefusedError, match=r"other keys|canonical"):
        verify(tmp_path)
    changed = manifest.replace(b"0" * 64, b"1" * 64)
    (tmp_path / "closure.json").write_bytes(changed)
    with pytest.raises(RefusedError, match="`digest` isn't that of"):
        verify(tmp_path)
    (tmp_path / "closure.json").write_bytes(manifest[:-1])
    with pytest.raises(RefusedError, match="breaks off"):
        verify(tmp_path)
    put(tmp_path)
    grown = struct.pack("<IIHH", 0, 0, 0, 0) + CONTENT["edges.bin"][12:]
    (tmp_path / "edges.bin").write_bytes(grown)  # closed as well, but another
    with pytest.raises(RefusedError, match=r"edges\.bin isn't the one proved"):
        verify(tmp_path)


def test_blocks_are_counted_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An edge that leaves in a later block, or alone in its block, is named."""
    monkeypatch.setattr(bulk, "BLOCK", 12 * 3)
    assert verify(put(tmp_path))
    edges = CONTENT["edges.bin"][:36] + struct.pack("<IIHH", 2, 3, 0, READ)
    with pytest.raises(RefusedError, match="edge 3 leaves"):
        verify(put(tmp_path, {"edges.bin": edges}))
    edges = CONTENT["edges.bin"][:36] + struct.pack("<IIHH", 9, 3, 0, READ)
    with pytest.raises(RefusedError, match="isn't there"):
        verify(put(tmp_path, {"edges.bin": edges}))


def test_numbers_are_little_endian_everywhere(monkeypatch: pytest.MonkeyPatch):
    """A machine that keeps its numbers the other way round turns them."""
    little = sys.byteorder == "little"
    assert bulk._words("H", b"\1\0").tolist() == [1]
    monkeypatch.setattr(sys, "byteorder", "big" if little else "little")
    assert bulk._words("H", b"\1\0").tolist() == [256]
    assert bulk._words("I", b"\1\0\0\0").tolist() == [1 << 24]


Program = Callable[[Path], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def program() -> Program:
    """Return the checker as a program that needs nothing installed."""
    place = Path(bulk.__file__).parent

    def run(folder: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", str(place), str(folder)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ}
        )

    return run


def test_the_program_checks_a_folder_with_a_closure(tmp_path: Path, program: Program):
    """A folder with `closure.json` is checked, and what wasn't is said: 0, or 12."""
    done = program(put(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "closure.json ok: isolated; 2 origins" in done.stdout
    assert "not re-checked: that edges, origins, targets and data" in done.stdout
    assert done.stdout.endswith("1 of 1 proof verifies\n")
    done = program(put(tmp_path, masks(CONTROL, 0, READ, 0, 0)))
    assert (done.returncode, done.stderr) == (12, "")
    assert "closure.json NOT VERIFIED: edge 0 leaves closed.bin\n" in done.stdout
    (tmp_path / "edges.bin").unlink()
    assert "0 of 1 proof verifies" in done.stdout
    done = program(tmp_path)
    assert (done.returncode, done.stderr) == (12, "")
    assert "closure.json NOT VERIFIED: " in done.stdout


def test_a_folder_with_a_closed_set_is_checked_like_any(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """The checker finds the certificate by its name, and says what it can't tell."""
    put(tmp_path)
    assert main([str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "closure.json ok: " in said
    assert bulk.NOT_CHECKED in said


def test_a_closure_is_never_unsure(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A closure rests on no guard proof: it verifies, and the code is 0."""
    assert main([str(put(tmp_path))]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        said[0],
        f"  {bulk.NOT_CHECKED}",
        "1 of 1 proof verifies",
    ]
