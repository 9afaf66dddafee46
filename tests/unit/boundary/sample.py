"""A boundary file that uses every part of the language, for tests to change."""

from __future__ import annotations

from pathlib import Path

from ringfence.boundary.parse import BoundaryFile, parse_boundary
from ringfence.errors import ConfigError, Problem

KINDS = ("people-csv", "postgres", "tools")
LOG_KINDS = ("declared", "pgaudit")
ASSETS = Path(__file__).parents[2] / "assets" / "boundary"
WHOLE = (ASSETS / "whole.yaml").read_text("utf-8")


def read(text: str, *, as_of: str | None = None) -> BoundaryFile:
    """Return the boundary file in `text`."""
    return parse_boundary(
        text, "b.yaml", as_of=as_of, source_kinds=KINDS, log_kinds=LOG_KINDS
    )


def changed(*changes: tuple[str, str]) -> str:
    """Return the sample with pieces replaced, each of which stands in it once."""
    text = WHOLE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def problems(text: str) -> tuple[Problem, ...]:
    """Return what is wrong with a boundary file."""
    try:
        read(text)
    except ConfigError as error:
        return error.problems
    return ()


def _mistakes() -> list[tuple[str, str, str]]:
    """Return mistakes: a piece of the sample, its replacement, the problem shown."""
    text = (ASSETS / "mistakes.txt").read_text("utf-8")
    found = []
    for block in text.split("\n\n")[1:]:
        old, new, *problem = block.strip("\n").split("\n")
        old, new = (line[2:].replace("\\n", "\n") for line in (old, new))
        found.append((old, new, "\n".join(problem)))
    return found


MISTAKES = _mistakes()
