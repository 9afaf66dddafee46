"""Canary persons: fictional, and known to nobody but whoever holds their list.

They are seeded among the population before the index is built. Their numbers are of the
range that the North American plan reserves for fiction (555-0100 to 555-0199), their
mail domain is one of the caller's (RFC 2606 reserves `.example`), all else is random.
"""

from __future__ import annotations

import csv
import io
import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from ringfence.documents.files import read_bytes
from ringfence.egress.forms.canonical import canonical
from ringfence.egress.forms.kinds import Kind
from ringfence.errors import ConfigError, Locus

KINDS = {
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "account": Kind.ACCOUNT_ID,
    "device": Kind.DEVICE_ID,
    "advertising": Kind.ADVERTISING_ID,
}
"""What the columns of a list hold; `id` is the primary id of a row's person."""
DOMAIN = "canary.example"
MOST = 1_000
_ID = "id"
_MAGIC = b"PAR1"
_AREAS = (201, 212, 303, 312, 404, 415, 503, 512, 602, 617, 702, 713, 801, 907)
_FICTION = 100  # numbers of an area that nobody has
# Each has letters that other scripts have, too.
_FIRST = ("aaron", "carola", "joana", "leona", "oscar", "ramona", "theodora", "yoann")
_LAST = ("abelard", "castorena", "delacroce", "macpherson", "okonedo", "vandersloot")
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Canary:
    """A fictional person.

    Attributes:
        id: The primary id.
        identifiers: Each kind of theirs, and how it is written.
    """

    id: str
    identifiers: tuple[tuple[Kind, str], ...]


def drawn(count: int, domain: str = DOMAIN) -> list[dict[str, str]]:
    """Return new canaries, as rows of a list.

    Raises:
        ConfigError: They are too many, or the domain can't be an address's.
    """
    if not 0 < count <= MOST:
        raise ConfigError(f"{count} is no number from 1 to {MOST}", Locus("--count"))
    if canonical(Kind.EMAIL, f"a@{domain}") is None:
        hint = f"write `{DOMAIN}`"
        raise ConfigError("is no domain of mail addresses", Locus("--domain"), hint)
    chance = secrets.SystemRandom()
    places = chance.sample(range(len(_AREAS) * _FICTION), count)
    numbers = chance.sample(range(10**4, 10**5), count)
    rows = []
    for place, number in zip(places, numbers, strict=True):
        area, last = divmod(place, _FICTION)
        account = str(
            chance.randrange(6 * 10 ** (_DIGITS - 1), 7 * 10 ** (_DIGITS - 1))
        )
        name = f"{chance.choice(_FIRST)}.{chance.choice(_LAST)}{number}"
        rows.append(
            {
                _ID: account,
                "email": f"{name}@{domain}",
                "phone": f"+1{_AREAS[area]}55501{last:02}",
                "account": account,
                "device": str(uuid.uuid4()),
                "advertising": str(uuid.uuid4()),
            }
        )
    return rows


def written(rows: Sequence[dict[str, str]], *, as_parquet: bool = False) -> bytes:
    """Return canaries as a list has them: CSV, or Parquet as an index is built from."""
    if as_parquet:
        packed = io.BytesIO()
        parquet.write_table(pa.Table.from_pylist([*rows]), packed)
        return packed.getvalue()
    told = io.StringIO()
    writer = csv.DictWriter(told, [_ID, *KINDS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return told.getvalue().encode()


def read(path: Path) -> tuple[Canary, ...]:
    """Return the canaries of a list; a column that isn't there isn't tried.

    Raises:
        ConfigError: It holds none, or something that is no identifier of its kind.
        SourceError: It can't be read.
    """
    hint = "`ringfence egress canaries` makes a list"
    try:
        rows = [*_rows(read_bytes(path, str(path)))]
    except (UnicodeDecodeError, csv.Error, pa.ArrowException):
        raise ConfigError("is no list of canaries", Locus(str(path)), hint) from None
    if not rows:
        raise ConfigError("holds no canary", Locus(str(path)), hint)
    return tuple(_canary(row, Locus(str(path), line), hint) for line, row in rows)


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a list, each with its line."""
    if content.startswith(_MAGIC):
        found = parquet.read_table(io.BytesIO(content)).to_pylist()
        for line, row in enumerate(found, 1):
            yield line, {str(name): str(cell or "") for name, cell in row.items()}
        return
    reader = csv.DictReader(io.StringIO(content.decode()), strict=True)
    for row in reader:
        yield reader.line_num, row


def _canary(row: dict[str, str], at: Locus, hint: str) -> Canary:
    found = []
    for column, kind in KINDS.items():
        text = row.get(column)
        if text and canonical(kind, text) is None:
            raise ConfigError(f"column `{column}` holds no {kind}", at, hint)
        if text:
            found.append((kind, text))
    if not found:
        raise ConfigError("has no identifier", at, hint)
    return Canary(row.get(_ID) or "", tuple(found))
