"""The error tree: what went wrong, where, and what to do about it.

Errors of the tool and findings about the world never share an exit code; findings
are verdicts (`ringfence.claims`), everything here is a failure to reach one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode(IntEnum):
    """Every exit code of the command line; each has one meaning for ever."""

    ALL_UPHELD = 0
    TOOL_FAILED = 1
    USAGE = 2
    NOTHING_COLLECTED = 3
    UNPROVEN = 10
    REFUTED = 11
    NOT_VERIFIED = 12


def printable(text: str) -> str:
    r"""Return `text` with every character that could steer a terminal made visible.

    Control characters, bidirectional overrides and lone surrogates become `\\xNN`,
    `\\uNNNN` or `\\UNNNNNNNN`, so that a name taken from a source can neither move the
    cursor nor reorder a line.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


@dataclass(frozen=True, slots=True, order=True)
class Locus:
    """A place in an input: a file, then a line and column, or a JSON pointer."""

    file: str
    line: int | None = None
    column: int | None = None
    pointer: str | None = None

    def __str__(self) -> str:
        """Return `file:line:column`, or `file#/pointer`, safe to print."""
        parts = [self.file, *(str(n) for n in (self.line, self.column) if n)]
        tail = "" if self.pointer is None else f"#{self.pointer}"
        return printable(":".join(parts) + tail)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with an input: where, what, and the remedy."""

    message: str
    at: Locus | None = None
    hint: str | None = None

    def __str__(self) -> str:
        """Return the problem as it is shown: place, message, then a `help:` line."""
        place = "" if self.at is None else f"{self.at}: "
        help_line = "" if self.hint is None else f"\n  help: {printable(self.hint)}"
        return f"{place}{printable(self.message)}{help_line}"


class RingfenceError(Exception):
    """Base of every error that Ringfence raises on purpose."""

    exit_code = ExitCode.TOOL_FAILED

    def __init__(
        self, message: str, at: Locus | None = None, hint: str | None = None
    ) -> None:
        self.problems: tuple[Problem, ...] = (Problem(message, at, hint),)
        super().__init__(str(self.problems[0]))

    @classmethod
    def of(cls, problems: Iterable[Problem]) -> RingfenceError:
        """Return one error that carries every problem, in the order of their places."""
        found = tuple(sorted(problems, key=_place_order))
        error = cls(found[0].message, found[0].at, found[0].hint)
        error.problems = found
        error.args = ("\n".join(str(problem) for problem in found),)
        return error


def _place_order(problem: Problem) -> tuple[str, int, int, str]:
    at = problem.at or Locus("")
    return (at.file, at.line or 0, at.column or 0, at.pointer or "")


class ConfigError(RingfenceError):
    """The boundary file or the command line can't be used as it stands."""

    exit_code = ExitCode.USAGE


class SourceError(RingfenceError):
    """A source can't be read: the run goes on, and counts the source as unread."""

    exit_code = ExitCode.USAGE


class NothingCollectedError(RingfenceError):
    """No source gave a single fact, so there is nothing to judge."""

    exit_code = ExitCode.NOTHING_COLLECTED


class ProofError(RingfenceError):
    """A certificate or counterexample doesn't verify."""

    exit_code = ExitCode.NOT_VERIFIED
