"""What keeps a facts file's bytes from being lines at all, found and placed.

DuckDB reads files in bulk and says little of what stops it. These are the things that
would: they are looked for before it reads (where a plain search of bytes is enough), or
after it failed (where each line has to be taken up).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ringfence.errors import Locus, Problem

LONGEST = 1 << 24
_SEPARATE = "end lines with a line feed alone, as `ringfence collect` does"
_ESCAPE = "write control characters as JSON escapes, as `ringfence collect` does"
_HAZARDS = {
    b"\r": ("holds a carriage return", _SEPARATE),
    b"\x00": ("holds a NUL", _ESCAPE),
    b"\x01": ("holds a control character", _ESCAPE),
}
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FactsFile:
    """A facts file: what messages call it, and where it is."""

    name: str
    path: Path


def hazards(files: Sequence[FactsFile]) -> Iterator[Problem]:
    """Yield, for each file, the first thing in it that would mislead a reader of lines.

    A carriage return would end a line for some readers and not for others, and a digest
    must not depend on which.
    """
    for file in files:
        try:
            yield from _hazards(file)
        except OSError as error:
            reason = (error.strerror or "can't be read").lower()
            yield Problem(reason, Locus(file.name), "check the path")
        except ValueError:
            # A NUL in the path, or a pipe: what can't be mapped can't be read twice.
            yield Problem("is no ordinary file", Locus(file.name), "check the path")


def _hazards(file: FactsFile) -> Iterator[Problem]:
    with file.path.open("rb") as stream:
        begins = stream.read(len(_MARK))
        if not begins:
            return
        if begins == _MARK:
            hint = "save the file as UTF-8 without one"
            yield Problem("begins with a byte-order mark", Locus(file.name, 1), hint)
            return
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for hazard, (reason, hint) in _HAZARDS.items():
                if (found := content.find(hazard)) >= 0:
                    number = content[:found].count(b"\n") + 1
                    yield Problem(reason, Locus(file.name, number), hint)
                    return


def obstacles(files: Sequence[FactsFile]) -> Iterator[Problem]:
    """Yield, for each file, the first line that is too long or isn't UTF-8."""
    for file in files:
        with file.path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if (reason := _obstacle(line)) is not None:
                    yield Problem(reason, Locus(file.name, number), None)
                    break


def _obstacle(line: bytes) -> str | None:
    if len(line) >= LONGEST:
        return f"is longer than {LONGEST >> 20} MiB"
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return f"byte {error.start} of the line is not UTF-8"
    return None


def placed(
    reasons: dict[str, str], files: Sequence[FactsFile], *, most: int
) -> list[Problem]:
    """Return a problem for each place where one of some lines stands, up to `most`."""
    wanted = {text.encode(): reason for text, reason in reasons.items()}
    problems: list[Problem] = []
    for file in files:
        with file.path.open("rb") as stream:
            for number, found in enumerate(stream, start=1):
                reason = wanted.get(found.rstrip(b"\n"))
                if reason is None:
                    continue
                at = Locus(file.name, number)
                problems.append(Problem(reason, at, "see the page on facts files"))
                if len(problems) == most:
                    return problems
    return problems
