"""The course of exceptions: which steps may be taken, and what is in force after them.

One pure function takes a step. Whoever appends to the ledger asks it before, and
whoever reads the ledger asks it again: a step that may not be taken changes nothing,
whoever has logged it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ringfence.boundary.decision.decide import standing
from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Leave, Scene
from ringfence.boundary.protection import patterns
from ringfence.boundary.status import Status
from ringfence.documents.located import nearest, parse_moment
from ringfence.errors import ConfigError, Locus
from ringfence.gate.leaves.steps import (
    Approve,
    Ask,
    BreakGlass,
    Refuse,
    Review,
    Revoke,
    Step,
)

LONGEST = timedelta(days=366)
GLASS = timedelta(hours=4)
MOST = 10**12
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
_LIST = "`ringfence exception list` tells which there are"
_ANEW = "ask for another one, under a name of its own"


@dataclass(frozen=True, slots=True)
class Course:
    """How far one exception has come.

    Attributes:
        asked: What was asked for, or taken.
        since: First instant at which it may be in force; of one that was approved late,
            the instant of the approval.
        until: First instant at which it isn't any more.
        state: `asked`, `approved`, `broken` (glass), `refused`, `revoked`.
        approved: Who approved it; empty if nobody has.
        reviewed: When it was reviewed last; empty if it wasn't.
    """

    asked: Ask | BreakGlass
    since: str
    until: str
    state: str = "asked"
    approved: str = ""
    reviewed: str = ""

    @property
    def stands(self) -> bool:
        """Whether it is in force between its ends."""
        return self.state in {"approved", "broken"}

    @property
    def awaits(self) -> str:
        """What has to happen next: `approval`, `review`, or nothing."""
        if self.state == "asked":
            return "approval"
        return "review" if self.state == "broken" and not self.reviewed else ""


@dataclass(frozen=True, slots=True)
class Courses:
    """Every exception that a ledger tells of.

    Attributes:
        by_name: By name, in the order in which they were asked for.
        refused: Steps of the ledger that could not be taken, and why not.
        spoken: Names of which some step has spoken, taken or not: each is spent, for
            whoever approves by a name has to mean one exception for ever.
    """

    by_name: Mapping[str, Course] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    spoken: frozenset[str] = frozenset()

    def leaves(self, scene: Scene) -> tuple[Leave, ...]:
        """Return the exceptions that stand, as decisions read them."""
        return tuple(
            Leave(
                name,
                who=one.asked.who,
                columns=covered(scene, one.asked.columns),
                purpose=one.asked.purpose,
                cap=one.asked.cap,
                since=one.since,
                until=one.until,
            )
            for name, one in self.by_name.items()
            if one.stands
        )


def replayed(courses: Courses, step: Step, scene: Scene, time: str) -> Courses:
    """Return the exceptions after a step that stands in a ledger.

    What ends an exception ends it whoever says so: it would be in force again if
    whoever ended it had left since.
    """
    try:
        return take(courses, step, scene, time)
    except ConfigError as error:
        if isinstance(step, Refuse | Revoke):
            courses = ended(courses, [step.name], time)
        told = f"{type(step).__name__.lower()} {step.name}: {error.problems[0].message}"
        refused, spoken = (*courses.refused, told), courses.spoken | {step.name}
        return replace(courses, refused=refused, spoken=spoken)


def take(courses: Courses, step: Step, scene: Scene, time: str) -> Courses:
    """Return the exceptions after a step.

    Args:
        courses: The exceptions so far.
        step: The step.
        scene: Who is inside the fence, and which columns there are.
        time: When it is taken.

    Raises:
        ConfigError: It may not be taken.
    """
    match step:
        case Ask() | BreakGlass():
            after = _begun(courses, step, scene, time)
        case Approve():
            after = _approved(_waiting(courses, step, time), step, scene, time)
        case Refuse():
            before = _waiting(courses, step, time)
            _check_other(before, step, scene)
            after = replace(before, state="refused", until=time)
        case Revoke():
            before = _standing(courses, step, time)
            _check_inside(step.by, scene)
            after = replace(before, state="revoked", until=time)
        case Review():
            before = _named(courses, step)
            _check_other(before, step, scene)
            after = replace(before, reviewed=time)
    if not isinstance(step, Ask | BreakGlass | Approve):
        _check_text(step.why, "why")
    return replace(courses, by_name={**courses.by_name, step.name: after})


def ended(courses: Courses, names: Iterable[str], time: str) -> Courses:
    """Return the exceptions after some have ended, as far as they hadn't."""
    over = {
        name: replace(one, state="revoked", until=min(one.until, time))
        for name in names
        if (one := courses.by_name.get(name)) is not None
        and one.state not in {"refused", "revoked"}
    }
    return replace(courses, by_name={**courses.by_name, **over})


def covered(scene: Scene, columns: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of the columns that patterns fit, without `column:`, sorted."""
    fits = patterns(columns)
    found = (
        f"{dataset.partition(':')[2]}.{name}"
        for dataset, one in scene.datasets.items()
        for name in one.columns
    )
    return tuple(sorted(one for one in found if fits.match(one)))


# --- what each step needs -------------------------------------------------------------


def _begun(courses: Courses, step: Ask | BreakGlass, scene: Scene, time: str) -> Course:
    if step.name in courses.spoken | {*courses.by_name} | {
        one.name for one in scene.leaves
    }:
        raise _flaw(
            "name", f"there is an exception `{step.name}` already", "take another"
        )
    if not _NAME.fullmatch(step.name):
        raise _flaw("name", f"`{step.name}` is no kebab-case name", "write `q1-audit`")
    _check_text(step.purpose, "purpose")
    if not 1 <= step.cap <= MOST:
        raise _flaw("cap", f"`cap` must be 1 to {MOST:,}", "say how many people")
    _check_people(step.who, scene, "who")
    if not covered(scene, step.columns):
        hint = "patterns over ids such as `warehouse/public.orders.email`"
        raise _flaw("column", "it covers no column that the estate knows", hint)
    if isinstance(step, BreakGlass):
        _check_inside(step.by, scene)
        _check_span(time, step.until, GLASS)
        return Course(step, time, step.until, "broken")
    _check_people((step.by,), scene, "by")
    _check_span(max(step.since, time), step.until, LONGEST)
    _check_span(step.since, step.until, LONGEST)
    return Course(step, step.since, step.until)


def _approved(before: Course, step: Approve, scene: Scene, time: str) -> Course:
    _check_other(before, step, scene)
    since = max(before.since, time)
    return replace(before, state="approved", approved=step.by, since=since)


def _named(courses: Courses, step: Step) -> Course:
    found = courses.by_name.get(step.name)
    if found is None:
        raise _flaw("name", f"there is no exception `{step.name}`", _LIST)
    return found


def _waiting(courses: Courses, step: Step, time: str) -> Course:
    found = _named(courses, step)
    if found.state != "asked":
        raise _flaw("name", f"exception `{step.name}` is {found.state} already", _ANEW)
    _check_time(found, step, time)
    return found


def _standing(courses: Courses, step: Step, time: str) -> Course:
    found = _named(courses, step)
    if not found.stands:
        raise _flaw(
            "name", f"exception `{step.name}` is {found.state}, and not in force", _LIST
        )
    _check_time(found, step, time)
    return found


def _check_time(found: Course, step: Step, time: str) -> None:
    if found.until <= time:
        raise _flaw("name", f"exception `{step.name}` ended at {found.until}", _ANEW)


def _flaw(what: str, message: str, hint: str | None) -> ConfigError:
    """Return the error of a part of a step, called as the command line calls it."""
    place = "NAME" if what == "name" else f"--{what}"
    return ConfigError(message, Locus(place), hint)


def _check_text(text: str, what: str) -> None:
    if not text.strip() or not text.isprintable():
        raise _flaw(what, f"`{what}` must be a line of text", "write it in a line")


def _check_people(people: tuple[str, ...], scene: Scene, what: str) -> None:
    if not people:
        raise _flaw("who", "it is for nobody", "name people: `person:ann`")
    strangers = [one for one in people if one not in scene.people]
    if strangers:
        raise _flaw(
            what,
            f"the estate knows no `{strangers[0]}`",
            nearest(strangers[0], scene.people),
        )


def _check_span(since: str, until: str, longest: timedelta) -> None:
    # Instants are compared as texts: one that is spelt otherwise isn't what it says.
    if parse_moment(since) != since or parse_moment(until) != until:
        hint = "write `2022-01-31T09:30:00Z`"
        raise _flaw("until", f"`{since}` or `{until}` is no instant", hint)
    first, end = map(datetime.fromisoformat, (since, until))
    if end <= first:
        raise _flaw("until", f"it ends at {until}, before it begins", f"after {since}")
    if end - first > longest:
        raise _flaw("until", f"it lasts longer than {_span(longest)}", "end it sooner")


def _span(longest: timedelta) -> str:
    hours = longest.seconds // 3600
    return f"{longest.days} days" if longest.days else f"{hours} hours"


def _check_inside(person: str, scene: Scene) -> None:
    """Check that somebody is surely not excluded, and hasn't left."""
    _check_people((person,), scene, "by")
    asked = Request(person, "read", "")
    for selector in scene.selectors:
        if standing(scene, selector.name, asked) is not Status.NO:
            message = f"`{person}` is not surely outside `{selector.name}`"
            raise _flaw("by", message, "somebody inside the fence has to say it")
    if "no" in scene.people[person].attributes.get("active", ()):
        raise _flaw("by", f"`{person}` has left", "somebody who is there has to say it")


def _check_other(before: Course, step: Step, scene: Scene) -> None:
    """Check that it is somebody else who says it, from inside the fence."""
    if step.by == before.asked.by or step.by in before.asked.who:
        message = f"`{step.by}` can't say it of their own exception"
        raise _flaw("by", message, "somebody else inside the fence has to say it")
    _check_inside(step.by, scene)
