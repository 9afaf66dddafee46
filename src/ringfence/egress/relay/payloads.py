"""Rows as a payload of JSON lines, and what the exit gave back as rows again.

What is written outside is what the exit gave back, value by value: nothing of what came
from inside goes round it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

import msgspec

from ringfence.egress.payload import Payload
from ringfence.egress.relay.pgoutput import Relation, Row
from ringfence.egress.relay.transactions import Changed
from ringfence.errors import RingfenceError

Kinds = Mapping[int, str]
"""What types are, by number: `integer`, `number`, `boolean` or `text`."""
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_BOOLEANS = {"t": "true", "true": "true", "f": "false", "false": "false"}
_encode = msgspec.json.Encoder().encode
_line = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode


class OtherRowsError(RingfenceError):
    """What the exit gave back isn't the rows that it was given."""


def payload(table: str, changes: Sequence[Changed], kinds: Kinds) -> Payload:
    """Return the rows of a table as JSON lines: of an update what was, then what is."""
    lines = [
        _encode({name: _value(types.get(name, ""), text) for name, text in row.items()})
        for types, row in _rows(changes, kinds)
    ]
    return Payload(f"{table}.jsonl", b"\n".join(lines) + b"\n")


def _rows(
    changes: Iterable[Changed], kinds: Kinds
) -> Iterator[tuple[dict[str, str], Row]]:
    made: dict[int, dict[str, str]] = {}
    for one in changes:
        key = id(one.relation)
        if key not in made:
            made[key] = types_of(one.relation, kinds)
        yield from ((made[key], row) for row in one.rows)


def types_of(relation: Relation, kinds: Kinds) -> dict[str, str]:
    """Return what the columns of a table are, by name."""
    return {one.name: kinds.get(one.type, "") for one in relation.columns}


def _value(kind: str, text: str | None) -> str | msgspec.Raw | None:
    """Return a value for JSON: a number only where JSON has the very same."""
    if text is None:
        return None
    if kind == "boolean" and text in _BOOLEANS:
        return msgspec.Raw(_BOOLEANS[text].encode())
    is_whole = kind == "integer" and _INTEGER.fullmatch(text)
    if is_whole or (kind == "number" and _NUMBER.fullmatch(text) and _is_exact(text)):
        return msgspec.Raw(text.encode())
    return text


def _is_exact(text: str) -> bool:
    """Whether a number is the same after it was read as others read JSON."""
    try:
        return Decimal(repr(float(text))) == Decimal(text)
    except (InvalidOperation, OverflowError):
        return False


def given_back(changes: Sequence[Changed], output: bytes) -> list[Changed]:
    """Return changes with the rows that the exit gave back.

    Raises:
        OtherRowsError: They are other rows.
    """
    lines = output.strip(b"\n").split(b"\n")
    if len(lines) != sum(1 for one in changes for _ in one.rows):
        raise OtherRowsError("the exit gave back another number of rows")
    left = iter(lines)
    return [
        replace(
            one,
            old=None if one.old is None else _row(next(left), one.old),
            new=None if one.new is None else _row(next(left), one.new),
        )
        for one in changes
    ]


def _row(line: bytes, sent: Row) -> dict[str, str | None]:
    try:
        found = {name: _read(bytes(raw)) for name, raw in _line(line).items()}
    except (msgspec.DecodeError, UnicodeError):
        raise OtherRowsError("the exit gave back no rows") from None
    if found.keys() != sent.keys():
        raise OtherRowsError("the exit gave back rows with other columns")
    return found


def _read(raw: bytes) -> str | None:
    if raw[:1] == b'"':
        return _text(raw)
    if raw[:1] in b"{[":
        raise OtherRowsError("the exit gave back a value that no column has")
    return None if raw == b"null" else raw.decode()
