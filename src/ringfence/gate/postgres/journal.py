"""A journal: what was applied, and the catalogue before and after it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from ringfence.documents.durable import sync
from ringfence.documents.files import read_bytes
from ringfence.errors import ConfigError, Locus, SourceError
from ringfence.gate.postgres.catalogue import Catalogue
from ringfence.gate.postgres.statements import Plan

T = TypeVar("T")


class Journal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan that was carried out.

    Attributes:
        plan: The plan, with what undoes each statement.
        before: The catalogue before it. `after`: after it.
        applied: When, in UTC.
    """

    plan: Plan
    before: Catalogue
    after: Catalogue
    applied: str


_encoder = msgspec.json.Encoder(order="sorted")


def read_plan(path: Path) -> Plan:
    """Return the plan of a file.

    Raises:
        ConfigError: It isn't there, or is no plan.
    """
    return _read(path, Plan, "plan", "`ringfence enforce postgres plan` writes one")


def read_written(path: Path) -> Catalogue:
    """Return the catalogue of a file.

    Raises:
        ConfigError: It isn't there, or is no catalogue.
    """
    hint = "`ringfence enforce postgres catalogue` writes one"
    return _read(path, Catalogue, "catalogue", hint)


def read_journal(path: Path) -> Journal:
    """Return the journal of a file.

    Raises:
        ConfigError: It isn't there, or is no journal.
    """
    hint = "`ringfence enforce postgres apply` writes one"
    return _read(path, Journal, "journal", hint)


def _read(path: Path, type_: type[T], what: str, hint: str) -> T:
    at = Locus(str(path))
    try:
        return msgspec.json.decode(read_bytes(path, str(path)), type=type_)
    except SourceError as error:
        raise ConfigError.of(error.problems) from None
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ConfigError(f"is no {what}: {error}", at, hint) from None


def write_journal(journal: Journal, path: Path) -> None:
    """Write a journal so that it is there after a crash.

    Raises:
        ConfigError: It can't be written.
    """
    at, new = Locus(str(path)), path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():  # somebody may have written one meanwhile: it stays
            raise ConfigError("there is a journal already", at, "name another file")
        new.write_bytes(_encoder.encode(journal))
        sync(new)
        new.replace(path)
        sync(path.parent)
    except (OSError, ValueError) as error:
        with suppress(OSError, ValueError):
            new.unlink(missing_ok=True)
        told = getattr(error, "strerror", None) or "can't be written"
        raise ConfigError(told.lower(), at, "name another file") from None
