"""What the options of a home-made log say, checked and made ready for its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from ringfence.audit.event import DONE
from ringfence.audit.readers.dialects import DIALECTS
from ringfence.audit.readers.fields import UnreadableError, word
from ringfence.audit.readers.instants import UNITS, zone
from ringfence.audit.readers.touching import Names
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import Located, Reader
from ringfence.errors import ConfigError, Locus

REQUIRED = ("time", "actor")
WORDS = (
    "behind",
    "credential",
    "session",
    "request",
    "application",
    "address",
    "verb",
    "resource",
    "resources",
    "columns",
    "statement",
    "rows",
    "subjects",
    "uid",
    "ending",
    "until",
)
SIGN_IN, SIGN_OUT = "sign-in", "sign-out"
MEANINGS = (*DONE, SIGN_IN, SIGN_OUT)
OTHERS = "*"  # every word of the log that `verbs` doesn't list
OPTIONS = (
    "fields",
    "format",
    "verbs",
    "denied",
    "where",
    "epoch",
    "zone",
    "items",
    "whole",
    "separator",
    "delimiter",
    "header",
    "dialect",
)
FORMATS = ("jsonl", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the lines of a log are read.

    Attributes:
        fields: The log's word for each of ours: a path of keys joined by dots.
        names: Makes ids of the log's names.
        form: `jsonl` or `csv`; empty for whichever a file looks like.
        verbs: What each of the log's verbs means: one of `MEANINGS`.
        denied: Endings that mean a refusal.
        where: What a line has to say to be an event: values by path.
        unit: Unit of times that are numbers; empty when they are text.
        zone: Where the clock stood, for times without zone.
        items: Key under which a document keeps its lines.
        whole: A dataset that is named without columns was touched as a whole.
        separator: What separates several names in one text.
        delimiter: What separates the cells of a CSV row.
        header: Names of the cells, when no row of the file says them.
        dialect: Dialect of SQL of its statements.
        signs_in: A line without verb is a sign-in.
    """

    fields: Mapping[str, str]
    names: Names
    form: str = ""
    verbs: Mapping[str, str] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    where: tuple[tuple[str, frozenset[str]], ...] = ()
    unit: str = ""
    zone: ZoneInfo | None = None
    items: str = ""
    whole: bool = False
    separator: str = ","
    delimiter: str = ","
    header: tuple[str, ...] = ()
    dialect: str = ""
    signs_in: bool = False

    def paths(self) -> frozenset[str]:
        """Return every path of the log that is read."""
        return frozenset((*self.fields.values(), *(path for path, _ in self.where)))


def plan_of(order: LogOrder) -> Plan:
    """Return how the lines of an order's log are read.

    Raises:
        ConfigError: An option can't be used; the error carries every problem.
    """
    reader, options = Reader(), order.options
    place = order.at or Locus("boundary")
    plan = Plan(
        fields=_fields(reader, options.get("fields"), place),
        names=Names.of(order),
        form=reader.choice(options.get("format"), FORMATS, "`format`") or "",
        verbs=_verbs(reader, options.get("verbs")),
        denied=_values(reader, options.get("denied"), "`denied`"),
        where=_where(reader, options.get("where")),
        unit=reader.choice(options.get("epoch"), UNITS, "`epoch`") or "",
        zone=_zone(reader, options.get("zone")),
        items=reader.text(options.get("items"), "`items`") or "",
        whole=reader.flag(options.get("whole"), "`whole`") or False,
        separator=_mark(reader, options.get("separator"), "`separator`"),
        delimiter=_mark(reader, options.get("delimiter"), "`delimiter`"),
        header=tuple(reader.texts(options.get("header"), "`header`")),
        dialect=reader.choice(options.get("dialect"), DIALECTS, "dialect") or "",
        signs_in=order.signs_in,
    )
    _agree(reader, plan, options, place)
    if reader.problems:
        raise ConfigError.of(reader.problems)
    return plan


def _fields(reader: Reader, value: Located | None, at: Locus) -> dict[str, str]:
    if value is None:
        hint = "add `fields: {time: ..., actor: ...}`"
        reader.note("a declared log needs `fields`", at, hint)
        return {}
    said = reader.fields(value, required=REQUIRED, optional=WORDS, what="`fields`")
    texts = {name: reader.text(one, f"`{name}`") for name, one in said.items()}
    return {name: path for name, path in texts.items() if path is not None}


def _verbs(reader: Reader, value: Located | None) -> dict[str, str]:
    entries = reader.entries(value, "`verbs`").items()
    said = {key: reader.choice(one, MEANINGS, "verb") for key, one in entries}
    return {key: meaning for key, meaning in said.items() if meaning is not None}


def _values(reader: Reader, value: Located | None, what: str) -> frozenset[str]:
    """Return values as a line's text shows them: `true` and `3` need no quotes."""
    if value is None:
        return frozenset()
    parts = value.data if isinstance(value.data, list) else [value]
    found = set()
    for part in parts:
        try:
            found.add(word(part.data, what))
        except UnreadableError:
            reader.note(f"{what} must be single values", part.at)
    return frozenset(found)


def _where(
    reader: Reader, value: Located | None
) -> tuple[tuple[str, frozenset[str]], ...]:
    entries = reader.entries(value, "`where`").items()
    return tuple((key, _values(reader, one, "`where`")) for key, one in entries)


def _zone(reader: Reader, value: Located | None) -> ZoneInfo | None:
    name = reader.text(value, "`zone`")
    if value is None or name is None:
        return None
    if (found := zone(name)) is None:
        hint = "write `UTC`, or a name like `America/New_York`"
        reader.note(f"unknown zone `{name}`", value.at, hint)
    return found


def _mark(reader: Reader, value: Located | None, what: str) -> str:
    if value is None:
        return ","
    if (
        isinstance(value.data, str)
        and len(value.data) == 1
        and value.data not in '"\r\n'
    ):
        return value.data
    reader.note(f"{what} must be one character", value.at)
    return ","


def _agree(
    reader: Reader, plan: Plan, options: Mapping[str, Located], at: Locus
) -> None:
    """Note what is said in one option and missing in another."""
    if ("ending" in plan.fields) != ("denied" in options):
        missing = "`denied`" if "ending" in plan.fields else "`ending` in `fields`"
        reader.note(f"`ending` and `denied` go together: {missing} is missing", at)
    if "until" in plan.fields and not plan.signs_in:
        reader.note("`until` ends a sign-in: the log needs `signs_in: true`", at)
    if plan.header and (unknown := sorted(plan.paths() - {*plan.header})):
        reader.note(f"`header` has no `{unknown[0]}`", options["header"].at)
    if "statement" in plan.fields:
        for missing, said in (
            ("`dialect`", plan.dialect),
            ("`store`", plan.names.store),
        ):
            if not said:
                reader.note(f"`statement` needs {missing}", at)
    if plan.delimiter and ord(plan.delimiter) > 127:  # noqa: PLR2004
        reader.note("`delimiter` must be an ASCII character", options["delimiter"].at)
