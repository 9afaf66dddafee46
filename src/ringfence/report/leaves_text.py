"""Exceptions as text, and as JSON."""

from __future__ import annotations

import json
from typing import Literal

import msgspec

from ringfence.errors import printable
from ringfence.gate.leaves.course import Course, Courses

Form = Literal["text", "json"]


def render(courses: Courses, now: str, form: Form) -> str:
    """Return every exception, and the steps that count for nothing."""
    if form == "json":
        found = [_told(name, one, now) for name, one in courses.by_name.items()]
        told = {"exceptions": found, "refused": list(courses.refused)}
        return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
    blocks = [_block(name, one, now) for name, one in courses.by_name.items()]
    blocks += [f"counts for nothing: {printable(one)}" for one in courses.refused]
    return "\n".join(blocks or ["no exception was asked for"]) + "\n"


def one(name: str, courses: Courses, now: str, form: Form) -> str:
    """Return one exception."""
    course = courses.by_name[name]
    if form == "json":
        return json.dumps(_told(name, course, now), indent=2, ensure_ascii=False) + "\n"
    return _block(name, course, now) + "\n"


def _state(course: Course, now: str) -> str:
    if course.state in {"refused", "revoked"}:
        return course.state
    if course.until <= now:
        return "ended"
    if not course.stands:
        return "asked for"
    return "in force" if course.since <= now else "approved"


def _told(name: str, course: Course, now: str) -> dict[str, object]:
    told = {
        "name": name,
        "state": _state(course, now),
        "since": course.since,
        "until": course.until,
        "approved": course.approved,
        "reviewed": course.reviewed,
        "awaits": course.awaits,
    }
    asked = msgspec.to_builtins(course.asked)
    return {**{key: one for key, one in asked.items() if key not in told}, **told}


def _block(name: str, course: Course, now: str) -> str:
    asked = course.asked
    rows = [
        ("state", _state(course, now)),
        ("who", ", ".join(asked.who)),
        ("columns", ", ".join(asked.columns)),
        ("purpose", asked.purpose),
        ("cap", f"{asked.cap:,} people"),
        ("time", f"{course.since} to {course.until}"),
        ("asked by", asked.by),
        ("approved by", course.approved),
        ("reviewed", course.reviewed),
        ("awaits", course.awaits),
    ]
    lines = [f"  {key:<12}{printable(value)}" for key, value in rows if value]
    return "\n".join([printable(name), *lines])
