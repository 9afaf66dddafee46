"""Leads: a statement gives rise to a question, and the systems answer it.

What may be asked is a closed list. Every question on it reads and changes nothing, and
no option names a file, a server or a ledger: a docket that somebody else has written
can so be followed up without a second thought. A lead is read by this list when it is
noted, and again when it is followed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ringfence.boundary.vocabulary import PRINCIPAL_KINDS
from ringfence.claims.asking import Filters, filters, kinds_of
from ringfence.docket.course import Lookup, check
from ringfence.docket.objects import Lead, Ref
from ringfence.documents.located import nearest, parse_moment
from ringfence.errors import ConfigError, Locus

_AT = Locus("the lead's command")
_LENS = ("--as-of", "--during", "--verb", "--reach", "--grades", "--excluded")
_REACHES = ("bare", "residual")
_MOST = 100  # ways that `reach path` shows


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a question takes: so many words, and these options, each with a value."""

    words: tuple[str, ...]
    options: tuple[str, ...]


QUESTIONS: Mapping[str, _Shape] = {
    "reach who": _Shape(("RESOURCE",), (*_LENS, "--kinds")),
    "reach what": _Shape(("PRINCIPAL",), _LENS),
    "reach path": _Shape(("PRINCIPAL", "RESOURCE"), (*_LENS, "--all")),
    "reach pairs": _Shape((), ("--claim", "--who", "--what", "--as-of")),
    "audit show": _Shape(("ID",), ()),
    "audit": _Shape((), ("--excluded", "--as-of")),
    "check": _Shape(("CLAIM",), ("--as-of",)),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the list.

    Attributes:
        name: Which: `reach who`.
        words: What stands behind it, in order.
        options: What else was said, by option.
    """

    name: str
    words: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def as_of(self) -> str | None:
        """The instant that is asked about; None for the boundary's."""
        told = self.options.get("--as-of")
        return None if told is None else parse_moment(told)


def asked(command: Sequence[str]) -> Asked:
    """Return the question that a command is.

    Raises:
        ConfigError: It isn't on the list, or isn't put as the list has it.
    """
    told = [*command]
    if told[:1] == ["ringfence"]:
        del told[0]
    name = next(
        (one for one in QUESTIONS if told[: one.count(" ") + 1] == one.split()), ""
    )
    if not name:
        known = ", ".join(f"`{one}`" for one in QUESTIONS)
        first = told[0] if told else "nothing"
        message = f"a lead can't ask `{first}`: it reads, and changes nothing"
        raise ConfigError(message, _AT, f"ask one of {known}")
    found = _parsed(name, told[name.count(" ") + 1 :])
    _check(found)
    return found


def _parsed(name: str, told: Sequence[str]) -> Asked:
    shape = QUESTIONS[name]
    words: list[str] = []
    options: dict[str, str] = {}
    rest = iter(told)
    for one in rest:
        if not one.startswith("--"):
            words.append(one)
            continue
        option, is_joined, value = one.partition("=")
        if option not in shape.options or option in options:
            message = f"`{option}` can't be said of `{name}` in a lead"
            raise ConfigError(message, _AT, nearest(option, shape.options))
        options[option] = value if is_joined else next(rest, "")
        if not options[option]:
            raise ConfigError(f"`{option}` says nothing", _AT, f"write `{option} X`")
    if len(words) != len(shape.words):
        hint = " ".join(("write", f"`{name}", *shape.words)) + "`"
        raise ConfigError(f"`{name}` takes {len(shape.words)} words", _AT, hint)
    return Asked(name, tuple(words), options)


def _check(found: Asked) -> None:
    """Check what can be checked without a case, so that a lead is noted right."""
    told = found.options
    filters_of(found)
    if "--kinds" in told:
        kinds_of(told["--kinds"], PRINCIPAL_KINDS)
    if told.get("--reach", _REACHES[0]) not in _REACHES:
        raise ConfigError(f"`{told['--reach']}` is no reach", _AT, "write `bare`")
    if "--as-of" in told and found.as_of is None:
        raise ConfigError(f"`{told['--as-of']}` is no date", _AT, "write `2022-01-31`")
    if found.name == "reach pairs" and "--claim" not in told:
        raise ConfigError("`reach pairs` is of a claim", _AT, "write `--claim ID`")
    if not _is_number(told.get("--all", "1")):
        raise ConfigError(f"`{told['--all']}` is no number", _AT, f"1 to {_MOST}")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST


def filters_of(found: Asked) -> Filters:
    """Return which edges count, and what it means to reach, for a question."""
    names = {"--verb": "verb", "--reach": "reach", "--grades": "grades"}
    names |= {"--excluded": "excluded", "--during": "during"}
    told = {names[key]: value for key, value in found.options.items() if key in names}
    return filters(**told)


def lead(
    known: Lookup, statement: Ref, asks: str, command: Sequence[str], by: Ref
) -> Lead:
    """Return a lead that may be brought to a docket.

    Raises:
        ConfigError: Its question isn't on the list, or it may not be brought.
    """
    asked(command)
    made = Lead(statement, asks, tuple(command), by)
    check(made, known)
    return made
