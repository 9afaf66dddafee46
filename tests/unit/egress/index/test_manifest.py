"""The manifest: one spelling, sealed, and what the ledger is told of it."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from ringfence.egress.forms.kinds import Kind
from ringfence.egress.index import manifest as module
from ringfence.egress.index.epochs import entry
from ringfence.egress.index.manifest import Held, Manifest, kept, read, write
from ringfence.egress.index.shards import root_over
from ringfence.egress.index.store import root_of
from ringfence.errors import ConfigError, ProofError
from ringfence.ledger.entries import parse_entry
from ringfence.ledger.tree.growing import leaf_hashes
from tests.indexed import KEYS, NOW, built


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Manifest:
    """Return the manifest of an index."""
    return built(tmp_path_factory.mktemp("made") / "ix").manifest


def test_what_is_written_is_read(made: Manifest, tmp_path: Path):
    """With the key and without."""
    write(tmp_path, made, KEYS.index)
    assert read(tmp_path, KEYS.index) == read(tmp_path, None) == made
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_an_epoch_is_the_digest_of_the_manifest_as_it_lies_there(
    made: Manifest, tmp_path: Path
):
    """An auditor cuts it out of the file and hashes it."""
    write(tmp_path, made, KEYS.index)
    content = (tmp_path / "manifest.json").read_bytes()
    inner = content.removeprefix(b'{"manifest":').rpartition(b',"seal":')[0]
    assert made.state().digest == sha256(inner).hexdigest()
    assert json.loads(content)["seal"] == KEYS.index.seal(inner)


def test_the_root_is_over_the_shards_roots(made: Manifest):
    """RFC 6962: a leaf for each of 256 shards."""
    leaves = leaf_hashes([bytes.fromhex(part.root) for part in made.parts])
    assert made.root == root_over(made.parts) == root_of(leaves).hex()


def test_the_ledger_is_told_of_an_epoch(made: Manifest):
    """Its digest, its root, and counts."""
    found = parse_entry(entry(made, NOW))
    assert found.kind == "epoch"
    assert found.digests == {
        "epoch": f"sha256:{made.state().digest}",
        "root": f"sha256:{made.root}",
    }
    assert found.values == {"keys": "7", "number": "1", "subjects": "3"}


def test_every_changed_value_breaks_the_seal(made: Manifest, tmp_path: Path):
    """Whatever somebody without the key writes there."""
    write(tmp_path, made, KEYS.index)
    seal = json.loads((tmp_path / "manifest.json").read_bytes())["seal"]
    changes = {
        "made": "2027-01-01T00:00:00Z",
        "has_filter": False,
        "shared": 1,
        "epoch": 9,
    }
    for name, value in changes.items():
        other = msgspec.structs.replace(made, **{name: value}).content
        sealed = b'{"manifest":%b,"seal":"%b"}' % (other, seal.encode())
        (tmp_path / "manifest.json").write_bytes(sealed)
        with pytest.raises(ProofError, match="isn't the one that was written"):
            read(tmp_path, KEYS.index)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"manifest":{},"seal":""}',
        b'{"manifest":' + b"[" * 5000,
        b" " * (2 << 20),
    ],
)
def test_other_bytes_are_no_manifest(content: bytes, tmp_path: Path):
    """One clear error that quotes none of them."""
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(ProofError, match=r"manifest.json: is no manifest"):
        read(tmp_path, KEYS.index)


def test_another_spelling_is_no_manifest(made: Manifest, tmp_path: Path):
    """The digest of what is shown is the digest of what lies there."""
    spaced = json.dumps(json.loads(made.content)).encode()
    sealed = b'{"manifest":%b,"seal":"%b"}' % (
        spaced,
        KEYS.index.seal(spaced).encode(),
    )
    (tmp_path / "manifest.json").write_bytes(sealed)
    with pytest.raises(ProofError, match="is no manifest of this version"):
        read(tmp_path, KEYS.index)


def test_another_version_is_refused(made: Manifest, tmp_path: Path):
    """By the number, before anything rests on it."""
    write(tmp_path, msgspec.structs.replace(made, version=1), KEYS.index)
    with pytest.raises(ConfigError, match="is of version 1"):
        read(tmp_path, KEYS.index)


def test_kinds_that_were_numbered_otherwise_are_refused(made: Manifest, tmp_path: Path):
    """The number stands in every fingerprint: nobody would be found."""
    held = msgspec.structs.replace(made.kinds[Kind.EMAIL], number=99)
    kinds: dict[Kind, Held] = {**made.kinds, Kind.EMAIL: held}
    write(tmp_path, msgspec.structs.replace(made, kinds=kinds), KEYS.index)
    with pytest.raises(ConfigError, match="numbers `EMAIL` as another version"):
        read(tmp_path, KEYS.index)


def test_256_shards_are_wanted(made: Manifest, tmp_path: Path):
    """One for each first byte."""
    fewer = msgspec.structs.replace(made, parts=made.parts[:-1])
    write(tmp_path, fewer, KEYS.index)
    with pytest.raises(ProofError, match="is no manifest of this version"):
        read(tmp_path, KEYS.index)


def test_a_file_is_told_by_size_and_digest(tmp_path: Path):
    """Of every size, over what is read at once."""
    for size in (0, 5, (1 << 20) + 1):
        (tmp_path / "a").write_bytes(bytes(size))
        found = kept(tmp_path / "a")
        assert found == module.Kept(size, sha256(bytes(size)).hexdigest())
