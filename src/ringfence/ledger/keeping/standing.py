"""A witness that stands by itself: its folder holds its keys beside its memory."""

from __future__ import annotations

from pathlib import Path

from ringfence.errors import ConfigError, Locus
from ringfence.ledger.signed.keys import COSIGNATURE, ML_DSA, SigningKey, parse_key
from ringfence.ledger.witness.service import begin_state
from ringfence.ledger.witness.state import PINNED, StateFolder, prepare
from ringfence.ledger.writer.charter import CHARTER, Charter, place_keys, read_keys


def witness_keys(folder: Path, name: str | None) -> tuple[SigningKey, ...]:
    """Return the keys of a witness; the first time, draw them and begin its state.

    Args:
        folder: The folder of its state.
        name: What it is called; needed the first time, and may not change.

    Raises:
        ConfigError: It is another's, or it has no name yet.
        LedgerError: A key is missing, or the disk failed.
        OSError: A file can't be read.
    """
    disk = StateFolder.at(folder)
    try:
        lines = disk.read(PINNED).decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return _begun(folder, disk, name)
    keys = tuple(parse_key(line, PINNED) for line in lines)
    called = keys[0].name if keys else ""
    if name not in (None, called):
        message = f"is the state of the witness `{called}`"
        raise ConfigError(message, Locus(str(folder)), "each witness has its own")
    return read_keys(disk, Charter(called, keys))


def _begun(folder: Path, disk: StateFolder, name: str | None) -> tuple[SigningKey, ...]:
    if (folder / CHARTER).exists():
        message = "a ledger lies there"
        raise ConfigError(message, Locus(str(folder)), "a witness has its own folder")
    if name is None:
        hint = "`--name witness.example/w1`: a domain and a path of yours"
        raise ConfigError("a new witness needs a name", Locus("--name"), hint)
    keys = tuple(SigningKey.new(name, kind) for kind in (COSIGNATURE, ML_DSA))
    with disk.locked():
        prepare(disk)
        place_keys(disk, keys, set())
    begin_state(folder, keys)
    return keys
