"""Words that several commands take, and what they mean."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from ringfence.errors import ConfigError, Locus

AsOf = Annotated[
    str | None, Parameter(help="Judge this instant instead of the boundary's.")
]
Output = Annotated[Path, Parameter(name=["--output", "-o"])]
MaybeOutput = Annotated[Path | None, Parameter(name=["--output", "-o"])]
Verbs = Annotated[
    str,
    Parameter(help="What reaching data means: read, edit, any, or verbs with commas."),
]
Controls = Annotated[
    Literal["bare", "residual"],
    Parameter(help="Whether controls on the way are ignored or honoured."),
]
Grades = Annotated[
    str,
    Parameter(help="Edges that count: technical, organisational, legal, with commas."),
]
Selector = Annotated[
    str | None,
    Parameter(help="Who is excluded: a selector of the boundary, else its first."),
]
Form = Annotated[
    Literal["text", "json"], Parameter(help="`text`, or `json` for everything.")
]
Limit = Annotated[
    int | None,
    Parameter(
        help="Rows of a table to show; by default as many as fit a screen.",
        validator=validators.Number(gte=1),
    ),
]
Minutes = Annotated[
    int,
    Parameter(
        help="For how long a decision may be acted upon.",
        validator=validators.Number(gte=1, lte=1_440),
    ),
]
_FEWEST = 4
_AROUND = 12  # lines of a screen that aren't rows of a table


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Lens:
    """How a question about reach looks at an estate, and how much it shows."""

    as_of: AsOf = None
    verb: Verbs = "read"
    reach: Controls = "residual"
    grades: Grades = "technical"
    excluded: Selector = None
    format: Form = "text"
    limit: Limit = None


PLAIN = Lens()


def room(limit: int | None) -> tuple[int, int]:
    """Return how wide a screen is, and how many rows of a table it has room for."""
    wide, high = shutil.get_terminal_size((100, 30))
    return wide, limit or max(high - _AROUND, _FEWEST)


def instant(text: str | None) -> str | None:
    """Return the instant that `--as-of` names, if it names one.

    Raises:
        ConfigError: It is no date.
    """
    from ringfence.documents.located import parse_moment

    found = None if text is None else parse_moment(text)
    if text is not None and found is None:
        hint = "write `2022-01-31`"
        raise ConfigError(f"`{text}` is no date", Locus("--as-of"), hint)
    return found


def now() -> str:
    """Return this instant, in UTC to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
