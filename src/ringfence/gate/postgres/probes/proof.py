"""A proof as a value: what was tried, what got through, and what it comes to.

A certificate says that nothing of what was tried got through, and that everything that
applies was tried. It never covers what a database can't close: that is named beside it.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from ringfence.errors import ExitCode

Status = Literal["closed", "open", "not-applicable", "named", "untried"]
How = Literal["login", "session", "catalogue", "none"]


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Tried(_Value, frozen=True, omit_defaults=True):
    """What came of trying a probe once.

    Attributes:
        crossed: Whether it got through; None: it could not be tried.
        how: By a real log-in, by SET SESSION AUTHORIZATION, or from the catalogue.
        statement: What got through, or else what was tried last.
        saw: What was seen, in words; never a value.
        why: Why it could not be tried, or what stopped it.
        applies: Whether this server has what the probe is about.
    """

    crossed: bool | None
    how: How = "none"
    statement: str = ""
    saw: str = ""
    why: str = ""
    applies: bool = True


class Result(_Value, frozen=True, omit_defaults=True):
    """One probe's outcome.

    Attributes:
        number: The pitfall's number. `group`, `title`: as in the list.
        status: `named` is what the database can't close, with its change.
        change: What closes it.
        before: On a copy without the fence.
        after: On a copy with it; in a survey, on the real tables as they are.
        where: In a survey: the relation, role or setting in question.
    """

    number: str
    group: str
    title: str
    status: Status
    change: str = ""
    before: Tried | None = None
    after: Tried | None = None
    where: str = ""


class Proof(_Value, frozen=True):
    """What an attack on one server came to.

    Attributes:
        store: Name of the store in the estate.
        boundary: Digest of the boundary. `estate`: of the estate.
        server: `server_version_num`.
        catalogue: Digest of the catalogue that was applied, if given.
        posed: The one login that was imitated; empty: each one outside.
        writes: Whether probes wrote (to copies, and into what was rolled back).
        survey: Results on the real tables.
        conformance: Results on copies, before and after the fence.
        kept: Whether somebody inside still reads what is fenced; None: not tried.
        notes: What else has to be known of this proof.
    """

    store: str
    boundary: str
    estate: str
    server: int
    catalogue: str
    posed: str
    writes: bool
    survey: tuple[Result, ...]
    conformance: tuple[Result, ...] = ()
    kept: bool | None = None
    notes: tuple[str, ...] = ()

    @property
    def results(self) -> tuple[Result, ...]:
        """Return every result."""
        return (*self.survey, *self.conformance)

    def of(self, status: Status) -> tuple[Result, ...]:
        """Return the results of one status."""
        return tuple(one for one in self.results if one.status == status)

    @property
    def is_certificate(self) -> bool:
        """Tell whether nothing is open and nothing was left untried."""
        untried = self.of("untried") or not self.survey or self.kept is False
        return not self.of("open") and not untried

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code of the command: open outweighs untried."""
        if self.of("open"):
            return ExitCode.REFUTED
        return ExitCode.ALL_UPHELD if self.is_certificate else ExitCode.UNPROVEN


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(Proof)


def canonical(proof: Proof) -> bytes:
    """Return the proof's canonical JSON."""
    return _encoder.encode(proof)


def digest(proof: Proof) -> str:
    """Return the SHA-256 of `canonical`, in hexadecimal."""
    return hashlib.sha256(canonical(proof)).hexdigest()


def parse_proof(content: bytes) -> Proof:
    """Return the proof that JSON states.

    Raises:
        msgspec.MsgspecError: It states none.
    """
    return _decoder.decode(content)
