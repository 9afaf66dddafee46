"""Declassifiers: declared in the boundary, and checked in the SQL before they count.

An aggregate is accepted when each value of the column is a count, a sum or an average
over groups for which HAVING enforces the least number; a token, when each way of each
value leads through the declared function, with the argument that names the recipient.
Whatever isn't verified has no effect but a note that says what failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ringfence.boundary.protection import Patterns, patterns
from ringfence.documents.located import Located
from ringfence.errors import Locus
from ringfence.sources.gathering import Gatherer
from ringfence.sources.lineage.model import Seal, Trace, Traces
from ringfence.sources.lineage.tokens import Token

Head = tuple[str, str]  # a table as it is written, and a column
_KEYS = {"aggregate": ("minimum", "by"), "token": ("function", "per")}


@dataclass(frozen=True, slots=True)
class Declared:
    """One declaration."""

    kind: str
    columns: tuple[str, ...]
    pattern: Patterns
    at: Locus
    minimum: int = 0
    by: str = ""
    function: str = ""
    per: str = ""

    def accepts(self, seal: Seal) -> bool:
        """Return whether a seal is what was declared."""
        if seal.kind != self.kind:
            return False
        if self.kind == "token":
            return (seal.function, seal.per) == (self.function, self.per)
        if seal.least < self.minimum:
            return False
        return not self.by or (seal.by is not None and _is_called(seal.by, self.by))

    def words(self) -> str:
        """Return what was verified."""
        if self.kind == "token":
            return f"token by `{self.function}` for each `{self.per}`"
        what = f"`{self.by}`" if self.by else "rows"
        return f"aggregate over at least {self.minimum} {what}"


def _is_called(column: tuple[object, str], name: str) -> bool:
    whole = f"{column[0]}.{column[1]}".casefold()
    return whole == name.casefold() or whole.endswith("." + name.casefold())


@dataclass(slots=True)
class Declassifiers:
    """The declarations of one source, and which of them matched anything."""

    declared: tuple[Declared, ...] = ()
    _matched: set[int] = field(default_factory=set)

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The functions that were declared."""
        return tuple(
            Token(one.function, one.per) for one in self.declared if one.kind == "token"
        )

    def judge(
        self, gatherer: Gatherer, column: str, traces: Traces, at: Locus
    ) -> Mapping[Head, str]:
        """Return the columns that are held back from one column, with what holds them.

        Args:
            gatherer: Takes the notes.
            column: The derived column, `<store>/<schema>.<relation>.<column>`.
            traces: What it comes from.
            at: Where its SQL stands.
        """
        held: dict[Head, str] = {}
        for number, one in enumerate(self.declared):
            if not one.pattern.match(column):
                continue
            self._matched.add(number)
            failed = _failed(one, traces)
            if failed:
                message = f"declassifier of `{column}` not verified: {failed}"
                gatherer.remark(message, at)
                continue
            for head, ways in _by_head(traces).items():
                if all(any(map(one.accepts, way.seals)) for way in ways):
                    held.setdefault(head, f"declassified, as checked: {one.words()}")
        return held

    def unseen(self, gatherer: Gatherer, column: str, at: Locus) -> None:
        """Note that a column's SQL isn't there to be checked."""
        for number, one in enumerate(self.declared):
            if one.pattern.match(column):
                self._matched.add(number)
                message = f"declassifier of `{column}` not verified: its SQL isn't read"
                gatherer.remark(message, at)

    def remark_unmatched(self, gatherer: Gatherer) -> None:
        """Note each declaration that matched no column."""
        for number, one in enumerate(self.declared):
            if number not in self._matched:
                listed = ", ".join(f"`{column}`" for column in one.columns)
                gatherer.remark(f"a declassifier matches no column: {listed}", one.at)


def _by_head(traces: Iterable[Trace]) -> dict[Head, list[Trace]]:
    found: dict[Head, list[Trace]] = {}
    for one in traces:
        if one.table is not None:
            found.setdefault((str(one.table), one.column), []).append(one)
    return found


def _failed(declared: Declared, traces: Traces) -> str:
    """Return what keeps a declaration from being verified, or nothing."""
    for one in sorted(traces, key=repr):
        if not one.direct:
            continue
        name = f"`{one.table or 'something unknown'}.{one.column or '*'}`"
        if one.unknown:
            return f"{name} isn't resolved ({one.unknown})"
        if any(map(declared.accepts, one.seals)):
            continue
        return f"{name} {_why(declared, one)}"
    if not traces:
        return "it comes from no column"
    return ""


def _why(declared: Declared, one: Trace) -> str:
    kinds = [seal for seal in one.seals if seal.kind == declared.kind]
    if declared.kind == "token":
        return f"comes through without `{declared.function}` for `{declared.per}`"
    if kinds and max(seal.least for seal in kinds) < declared.minimum:
        least = max(seal.least for seal in kinds)
        return f"has groups of at least {least}, not {declared.minimum}"
    if kinds:
        return f"has groups that aren't counted by distinct `{declared.by}`"
    return f"isn't held back: {one.lack or 'it is shown without an aggregate'}"


def read_declassifiers(gatherer: Gatherer) -> Declassifiers:
    """Return the option `declassifiers` of a source."""
    reader, option = gatherer.reader, gatherer.order.options.get("declassifiers")

    def take(value: Located) -> Declared | None:
        return _declared(gatherer, value)

    return Declassifiers(tuple(reader.each(option, take, "`declassifiers`")))


def _declared(gatherer: Gatherer, value: Located) -> Declared | None:
    reader = gatherer.reader
    kind = reader.choice(value.get("kind"), _KEYS, "kind of declassifier")
    if kind is None:
        if value.get("kind") is None:
            hint = "add `kind: aggregate` or `kind: token`"
            reader.note("a declassifier needs `kind`", value.at, hint)
        return None
    required = ("function", "per") if kind == "token" else ("minimum",)
    fields = reader.fields(
        value,
        required=("columns", "kind", *required),
        optional=() if kind == "token" else ("by",),
        what="a declassifier",
    )
    columns = tuple(reader.texts(fields.get("columns"), "`columns`"))
    minimum = reader.whole(fields.get("minimum"), "`minimum`", least=2) or 0
    by, function, per = (
        reader.text(fields.get(key), f"`{key}`") or ""
        for key in ("by", "function", "per")
    )
    return Declared(
        kind, columns, patterns(columns), value.at, minimum, by, function, per
    )
