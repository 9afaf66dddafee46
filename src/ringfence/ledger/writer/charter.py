"""The charter: what a ledger was founded as, and is held to whenever it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ringfence.errors import ConfigError, Locus
from ringfence.ledger.faults import LedgerError
from ringfence.ledger.signed.keys import SigningKey, VerifierKey, parse_key
from ringfence.ledger.writer.disk import Disk, place

CHARTER = "private/ledger.json"
KEYS = "private/keys"
FORMAT = "ringfence-ledger/1"


class Charter(NamedTuple):
    """What a ledger is.

    Attributes:
        origin: The name of the log, and of its keys.
        keys: The keys that sign its checkpoints.
        previous: The ledger that this one continues, as whoever founded it named it.
        quorum: The file beside it that says which witnesses a checkpoint needs.
    """

    origin: str
    keys: tuple[VerifierKey, ...]
    previous: str | None = None
    quorum: str | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    format: str
    origin: str
    keys: list[str]
    previous: str | None = None
    quorum: str | None = None


def read_charter(disk: Disk) -> Charter:
    """Return the charter of a ledger.

    Raises:
        ConfigError: There is no ledger, or one of another version.
        OSError: It can't be read.
    """
    at = Locus(CHARTER)
    try:
        content = disk.read(CHARTER)
    except (FileNotFoundError, NotADirectoryError):
        hint = "found one with `ringfence ledger init`"
        raise ConfigError("there is no ledger", at, hint) from None
    try:
        found = msgspec.json.decode(content, type=_File)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise ConfigError(f"is no charter of a ledger: {error}", at) from None
    if found.format != FORMAT:
        message = f"the format `{found.format}` is not supported"
        raise ConfigError(message, at, f"this version reads `{FORMAT}`")
    keys = tuple(parse_key(key, CHARTER) for key in found.keys)
    charter = Charter(found.origin, keys, found.previous, found.quorum)
    check_charter(charter)
    return charter


def place_charter(disk: Disk, charter: Charter, lasting: set[str]) -> None:
    """Write the charter of a ledger.

    Raises:
        ConfigError: It can't be one: no key, or one of another name.
        OSError: It may not be on the disk.
    """
    check_charter(charter)
    keys = [str(key) for key in charter.keys]
    file = _File(FORMAT, charter.origin, keys, charter.previous, charter.quorum)
    content = msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"
    place(disk, [(CHARTER, content)], lasting)


def place_keys(disk: Disk, keys: Sequence[SigningKey], lasting: set[str]) -> None:
    """Write the keys that sign: for their owner alone to read.

    Raises:
        OSError: They may not be on the disk.
    """
    files = [
        (f"{KEYS}/{key.verifier.key_id.hex()}.key", f"{key.text()}\n".encode())
        for key in keys
    ]
    place(disk, files, lasting)


def read_keys(disk: Disk, charter: Charter) -> tuple[SigningKey, ...]:
    """Return the keys that sign for a ledger, in the order of its charter.

    Raises:
        LedgerError: One isn't there.
        ConfigError: A file holds none.
        OSError: One can't be read.
    """
    keys = []
    for key in charter.keys:
        path = f"{KEYS}/{key.key_id.hex()}.key"
        try:
            text = disk.read(path).decode("utf-8", "replace")
        except FileNotFoundError:
            message = f"the key that signs for `{charter.origin}` is not there"
            raise LedgerError(message, Locus(path), "lay it there again") from None
        found = SigningKey.parse(text.removesuffix("\n"), path)
        if found.verifier != key:
            message = f"is another key than that of `{charter.origin}`"
            raise LedgerError(message, Locus(path), "lay the right one there")
        keys.append(found)
    return tuple(keys)


def check_charter(charter: Charter) -> None:
    """Check that a charter names keys, and that they bear the log's name.

    Raises:
        ConfigError: It doesn't.
    """
    at = Locus(CHARTER)
    if not charter.keys:
        raise ConfigError("a ledger needs a key to sign with", at)
    for key in charter.keys:
        if key.name != charter.origin:
            message = f"a key is called `{key.name}`, the log `{charter.origin}`"
            raise ConfigError(message, at, "a log's keys bear its name")
