"""Lines: what the ledger's payload says of each decision, one line of canonical JSON.

What a caller states of a principal, a row or the circumstances is personal more often
than not, and nothing needs it in clear: a line has the names, and of the values salted
digests. Whoever holds the request again can show that it is the one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

import msgspec

from ringfence.boundary.decision.request import Decision
from ringfence.gate.point.asked import Asked
from ringfence.ledger.entries import SALT
from ringfence.ledger.tree.growing import joined, leaf_hashes, subtrees

# The members of `Line` stand in their order: only those of mappings are to be sorted.
_encoder = msgspec.json.Encoder(order="deterministic")
SEARCH = "search"
UNLOGGED = "unlogged"
_IN_PART = ("masked", "rows")  # allowed, once something is carried out
LONGEST = 1 << 16  # bytes of one line: a request can't fill the disk
_DRAWN = 64  # salts that are drawn together


class Salts:
    """Salts for lines, each given once; the system is asked for many together."""

    __slots__ = ("_at", "_drawn")

    def __init__(self) -> None:
        self._drawn = b""
        self._at = 0

    def __call__(self) -> bytes:
        """Return `SALT` random bytes that nobody else is given."""
        at = self._at
        if at == len(self._drawn):
            self._drawn, at = os.urandom(SALT * _DRAWN), 0
        self._at = end = at + SALT
        return self._drawn[at:end]


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One decision, or one search.

    Attributes:
        allowed: Whether it may be; of a search, whether anything was found.
        caller: Name of whoever asked.
        circumstances: Digests of the values for guards, by key.
        columns: The columns that were asked for.
        count: Of a search, how many were found; of answers that the ledger doesn't
            hold, how many they are.
        leave: Name of the exception that concedes it.
        principal: Id of a node; of a search for principals, their kind.
        purpose: What for.
        reason: One of `Reason`; of a search, `search`; of answers in shadow mode that
            the ledger doesn't hold, `unlogged`.
        reference: The caller's own id of the request.
        resource: Id of a node; of a search for resources, their kind.
        row: Digests of the row's values, by column.
        salt: 32 random bytes in hexadecimal.
        shadow: Nobody enforced it: whatever it says, the answer was an allowance.
        stated: Digests of what the caller states of the principal, by attribute.
        subjects: How many people the exception is used for by this.
        surface: The protocol.
        time: When it was decided.
        verb: The verb; of a search for verbs, nothing.
    """

    allowed: bool
    caller: str
    circumstances: dict[str, str] = {}
    columns: tuple[str, ...]
    count: int | None = None
    leave: str = ""
    principal: str
    purpose: str
    reason: str
    reference: str
    resource: str
    row: dict[str, str] = {}
    salt: str
    shadow: bool = False
    stated: dict[str, str] = {}
    subjects: int | None = None
    surface: str
    time: str
    verb: str

    @property
    def explains(self) -> bool:
        """Whether somebody may have acted upon it: it was allowed, as it was done.

        In shadow mode masks and rows are carried out by nobody.
        """
        return self.allowed and not (self.shadow and self.reason in _IN_PART)

    @property
    def content(self) -> bytes:
        """Return the line, without its line feed."""
        return _encoder.encode(self)


def line_of(
    asked: Asked, decision: Decision, time: str, salt: bytes, *, shadow: bool = False
) -> Line:
    """Return what is logged of a decision.

    Args:
        asked: The question.
        decision: The answer.
        time: When it was decided.
        salt: `SALT` random bytes, drawn for this line alone.
        shadow: Nobody enforces it.
    """
    request = asked.request
    row, allowed = request.row, decision.allowed
    return Line(
        allowed=allowed,
        caller=asked.caller,
        circumstances=_masked(salt, request.circumstances),
        columns=request.columns,
        leave=decision.leave if allowed else "",
        principal=request.principal,
        purpose=request.purpose,
        reason=decision.reason.value,
        reference=asked.reference,
        resource=request.resource,
        row=_masked(salt, row) if row else {},
        salt=salt.hex(),
        shadow=shadow,
        stated=_masked(salt, request.stated),
        subjects=request.subjects if allowed and decision.leave else None,
        surface=asked.surface,
        time=time,
        verb=request.verb,
    )


def line_of_search(
    asked: Asked, count: int, time: str, salt: bytes, *, shadow: bool = False
) -> Line:
    """Return what is logged of a search: that it was made, and how many it found."""
    request = asked.request
    return Line(
        allowed=count > 0,
        caller=asked.caller,
        circumstances=_masked(salt, request.circumstances),
        columns=request.columns,
        count=count,
        principal=request.principal,
        purpose=request.purpose,
        reason=SEARCH,
        reference=asked.reference,
        resource=request.resource,
        salt=salt.hex(),
        shadow=shadow,
        stated=_masked(salt, request.stated),
        surface=asked.surface,
        time=time,
        verb=request.verb,
    )


def line_of_gap(count: int, time: str, salt: bytes) -> Line:
    """Return what is logged of answers in shadow mode that weren't logged themselves.

    Args:
        count: How many they are.
        time: When the ledger is told.
        salt: `SALT` random bytes, drawn for this line alone.
    """
    return Line(
        allowed=False,
        caller="",
        columns=(),
        count=count,
        principal="",
        purpose="",
        reason=UNLOGGED,
        reference="",
        resource="",
        salt=salt.hex(),
        shadow=True,
        surface="",
        time=time,
        verb="",
    )


def root_of(lines: Sequence[bytes]) -> str:
    """Return the root (RFC 6962) over lines as leaves, in hexadecimal."""
    return joined(subtrees(leaf_hashes(lines))).hex()


def payload_of(lines: Iterable[bytes]) -> bytes:
    """Return lines as the payload that is kept beside the log."""
    return b"".join([line + b"\n" for line in lines])


def _masked(salt: bytes, values: Mapping[str, object]) -> dict[str, str]:
    if not values:
        return {}
    return {
        name: f"sha256:{sha256(salt + _encoder.encode(one)).hexdigest()}"
        for name, one in values.items()
    }


__all__ = [
    "LONGEST",
    "SALT",
    "SEARCH",
    "UNLOGGED",
    "Line",
    "Salts",
    "line_of",
    "line_of_gap",
    "line_of_search",
    "payload_of",
    "root_of",
]
