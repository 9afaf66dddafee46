"""Founding a docket: its keys, its charter, and what the ledger says of both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ringfence.docket.chartering import charter_digest
from ringfence.docket.folder import CHARTER, Charter, Docket
from ringfence.docket.naming import Names
from ringfence.docket.objects import Handling
from ringfence.docket.sealing import (
    distinct,
    new_identity,
    public_of,
    read_identities,
    recipients,
)
from ringfence.docket.words import Custody
from ringfence.documents.durable import sync
from ringfence.errors import ConfigError, Locus

KEY, IDENTITY_KEY = "docket.key", "identity.key"


@dataclass(frozen=True, slots=True)
class Keys:
    """Whom a docket is sealed to: public keys."""

    recipients: tuple[str, ...]
    identity_recipients: tuple[str, ...]


def drawn(folder: Path) -> Keys:
    """Draw the two keys of a docket into a folder; keys that lie there are taken.

    Raises:
        ConfigError: What lies there is no key.
        OSError: They may not be there.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sync(folder.parent)
    return Keys((_drawn(folder / KEY),), (_drawn(folder / IDENTITY_KEY),))


def _drawn(path: Path) -> str:
    if path.exists():
        found = public_of(read_identities(path))
        if not found:
            raise ConfigError("tells no public key", Locus(str(path)), "name a new one")
        return found[0]
    return new_identity(path)


def found(folder: Path, name: str, keys: Keys, time: str) -> Docket:
    """Found a docket, or go on where a run that founded it was cut short.

    Raises:
        ConfigError: Keys are missing, none, or one for both; or another docket lies
            there.
        RingfenceError: It can't be written.
        OSError: It can't be written.
    """
    recipients(keys.recipients)
    recipients(keys.identity_recipients, "--identity-recipient")
    distinct(keys.recipients, keys.identity_recipients)
    _check_name(name)
    charter = Charter(
        "ringfence-docket/1", name, keys.recipients, keys.identity_recipients
    )
    docket = _begun(folder, charter, time)
    detail = {"charter": charter_digest(docket), "match": Names(docket).draw_key()}
    docket.settle()
    if next(docket.held(), None) is None:
        docket.append([Handling(Custody.SEALED, "", detail=detail)], time)
    return docket


def _begun(folder: Path, charter: Charter, time: str) -> Docket:
    if not (folder / CHARTER).exists():
        return Docket.found(folder, charter, time)
    docket = Docket(folder)
    docket.settle()
    if docket.charter != charter or next(docket.held(), None) is not None:
        at = Locus(str(folder))
        raise ConfigError("a docket lies there", at, "name a new folder")
    return docket


def _check_name(name: str) -> None:
    if not name or any(not (c.isalnum() or c in "-_.") for c in name):
        hint = "letters, digits, `-`, `_` and `.`"
        raise ConfigError(f"`{name[:80]}` is no name", Locus("--name"), hint)
