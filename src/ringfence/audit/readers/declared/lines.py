"""What one line of a home-made log tells, by what the boundary says of its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ringfence.audit.event import NO_ROWS, NOTHING, Ending, Touch
from ringfence.audit.readers.declared.plan import (
    MEANINGS,
    OTHERS,
    SIGN_IN,
    SIGN_OUT,
    Plan,
)
from ringfence.audit.readers.drafts import Aside, Event, Told
from ringfence.audit.readers.fields import UnreadableError, address, count, word
from ringfence.audit.readers.instants import from_digits, from_number, from_text
from ringfence.audit.readers.touching import clear, with_statement
from ringfence.audit.statements.touching import touched

_SIGNS = (SIGN_IN, SIGN_OUT)


def teller(plan: Plan) -> Callable[[Mapping[str, object]], Told]:
    """Return what reads a line by a plan."""
    return _Line(plan).tell


def _seek(line: Mapping[str, object], path: str) -> object:
    """Return what stands under a path; a key that holds dots itself comes first."""
    if path in line:
        return line[path]
    inner: object = line
    for key in path.split("."):
        inner = inner.get(key) if isinstance(inner, dict) else None
    return inner


class _Line:
    """Reads lines by a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def tell(self, line: Mapping[str, object]) -> Told:
        """Return what a line tells.

        Raises:
            UnreadableError: It isn't what the boundary says that lines are.
        """
        if not all(_shows(line, path, said) for path, said in self._plan.where):
            return self._aside(line)
        time = self._time(line, "time")
        if time is None:
            raise UnreadableError(f"has no time (`{self._plan.fields['time']}`)")
        actor = self._text(line, "actor")
        if not actor:
            raise UnreadableError(f"names no actor (`{self._plan.fields['actor']}`)")
        touch = self._touch(line)
        meaning = self._meaning(line, touch)
        event = Event(
            time,
            actor,
            behind=self._text(line, "behind"),
            credential=self._text(line, "credential"),
            session=self._text(line, "session"),
            application=self._text(line, "application"),
            address=address(self._text(line, "address")),
            touch=clear(touch) if meaning != "none" else touch,
            verb=meaning,
            ending=self._ending(line),
            rows=self._rows(line),
            uid=self._text(line, "uid"),
            request=self._text(line, "request"),
            subjects=self._several(line, "subjects"),
        )
        return self._sign(line, event) if meaning in _SIGNS else event

    def _sign(self, line: Mapping[str, object], event: Event) -> Told:
        """Return a sign-in, and its end if the same line tells it."""
        sign = replace(event, touch=NOTHING, application=event.verb, verb="none")
        until = self._time(line, "until")
        if event.verb == SIGN_OUT or until is None or sign.ending is Ending.DENIED:
            return sign
        if until < sign.time:
            raise UnreadableError("ends before it begins")
        uid = f"{sign.uid}/end" if sign.uid else ""
        return sign, replace(sign, time=until, application=SIGN_OUT, uid=uid)

    def _aside(self, line: Mapping[str, object]) -> Aside:
        try:
            return Aside(self._time(line, "time"))
        except UnreadableError:
            return Aside()

    def _value(self, line: Mapping[str, object], name: str) -> object:
        path = self._plan.fields.get(name)
        return None if path is None else _seek(line, path)

    def _text(self, line: Mapping[str, object], name: str) -> str:
        return word(self._value(line, name), self._plan.fields.get(name, name))

    def _several(self, line: Mapping[str, object], name: str) -> tuple[str, ...]:
        value, what = self._value(line, name), self._plan.fields.get(name, name)
        if isinstance(value, list):
            parts = [word(part, what) for part in value]
        else:
            cut = word(value, what).split(self._plan.separator)
            parts = [part.strip() for part in cut]
        return tuple(part for part in parts if part)

    def _time(self, line: Mapping[str, object], name: str) -> int | None:
        value = self._value(line, name)
        unit = self._plan.unit
        if isinstance(value, int | float) and not isinstance(value, bool):
            if not unit:
                path = self._plan.fields[name]
                raise UnreadableError(f"`{path}` is a number: say its unit by `epoch`")
            return from_number(value, unit)
        said = self._text(line, name)
        if not said:
            return None
        return from_digits(said, unit) if unit else from_text(said, self._plan.zone)

    def _rows(self, line: Mapping[str, object]) -> int:
        number = count(self._value(line, "rows"), self._plan.fields.get("rows", ""))
        return NO_ROWS if number is None else number

    def _ending(self, line: Mapping[str, object]) -> Ending:
        refused = "ending" in self._plan.fields and (
            self._text(line, "ending") in self._plan.denied
        )
        return Ending.DENIED if refused else Ending.DONE

    def _touch(self, line: Mapping[str, object]) -> Touch:
        one = self._text(line, "resource")
        names = ((one,) if one else ()) + self._several(line, "resources")
        columns = self._several(line, "columns")
        touch = self._plan.names.touch(names, columns, whole=self._plan.whole)
        statement = self._text(line, "statement")
        if not statement:
            return touch
        store, dialect = self._plan.names.store, self._plan.dialect
        said = touched(statement, dialect=dialect, store=store)
        return with_statement(touch, said)

    def _meaning(self, line: Mapping[str, object], touch: Touch) -> str:
        """Return what was done: one of `MEANINGS`."""
        said, verbs = self._text(line, "verb"), self._plan.verbs
        if not said:
            if touch != NOTHING:
                return "read"
            return SIGN_IN if self._plan.signs_in else "none"
        plain = said.lower() if said.lower() in MEANINGS else None
        meaning = verbs.get(said) or plain or verbs.get(OTHERS)
        if meaning is None:
            raise UnreadableError(f"`verbs` doesn't say what `{said}` means")
        return meaning


def _shows(line: Mapping[str, object], path: str, said: frozenset[str]) -> bool:
    try:
        return word(_seek(line, path), path) in said
    except UnreadableError:
        return False
