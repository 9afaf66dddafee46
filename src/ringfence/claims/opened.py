"""A boundary with its estate: what questions are asked of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ringfence.boundary.model import Boundary
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus, SourceError
from ringfence.estate.load import FactsFile
from ringfence.estate.store import Estate

FACTS = "facts.jsonl"
ANEW = "`ringfence check` writes it anew"


@dataclass(frozen=True, slots=True)
class Opened:
    """A boundary with its estate.

    Attributes:
        boundary: The boundary, with the instant to ask about.
        estate: The estate.
        facts: The facts file that it was read from, empty when it was collected.
        orders: The logs that the boundary file orders; what was read back has none.
        base: The folder that their files are named from.
    """

    boundary: Boundary
    estate: Estate
    facts: str = ""
    orders: tuple[LogOrder, ...] = ()
    base: Path = Path()


def read_estate(path: Path) -> Estate:
    """Load a facts file as an estate.

    Raises:
        ConfigError: It isn't there, or holds a line that is no fact.
    """
    try:
        estate = Estate([FactsFile(str(path), path)])
    except SourceError as error:
        raise ConfigError.of(error.problems) from None
    if not estate.has_facts():
        raise ConfigError("holds no fact", Locus(str(path)), ANEW)
    return estate


def selector_of(boundary: Boundary, name: str | None) -> str:
    """Return a selector's name: the first one, if none is named; empty without any.

    Raises:
        ConfigError: There is no selector of that name.
    """
    known = [one.name for one in boundary.excluded]
    if name is None:
        return known[0] if known else ""
    if name not in known:
        message = f"the boundary excludes nobody as `{name}`"
        raise ConfigError(message, Locus("--excluded"), nearest(name, known))
    return name
