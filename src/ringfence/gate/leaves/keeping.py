"""Exceptions in a ledger: each step an entry, what it says in the entry's payload.

The ledger is one of its own: the gate's service holds the ledger of its decisions as
long as it runs, and exceptions are asked for meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from ringfence.boundary.decision.scene import Scene
from ringfence.errors import ConfigError, Locus
from ringfence.gate.leaves.course import Courses, ended, replayed, take
from ringfence.gate.leaves.steps import Step
from ringfence.ledger.entries import committed, made
from ringfence.ledger.keeping.opening import writing
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.keeping.showing import Shelf
from ringfence.ledger.writer.disk import RealDisk

KIND = "exception"
_ENDING_NONE = frozenset({"ask", "break-glass", "approve", "review"})


def courses(folder: Path, scene: Scene) -> Courses:
    """Return the exceptions that a ledger tells of.

    A step whose payload is gone or isn't understood can't be taken, and is counted. If
    it ended an exception, nobody can say which: then it has ended all before it.

    Raises:
        ConfigError: There is no ledger.
        ProofError: It isn't what was signed.
        OSError: It can't be read.
    """
    shelf = Shelf(folder)
    found = Courses()
    for index in range(shelf.size):
        shown = shelf.shown(index)
        if shown.entry is None or shown.entry.kind != KIND:
            continue
        step = _step(shown.payload)
        if step is None:
            told = f"entry {index}: what it says can't be read"
            found = replace(found, refused=(*found.refused, told))
            if shown.entry.values.get("step") not in _ENDING_NONE:
                found = ended(found, found.by_name, shown.entry.time)
        else:
            found = replayed(found, step, scene, shown.entry.time)
    return found


def log(folder: Path, step: Step, scene: Scene, time: str) -> Courses:
    """Take a step, and log and publish that it was taken.

    Raises:
        ConfigError: It may not be taken, or there is no ledger.
        RingfenceError: The ledger can't be written.
    """
    said = msgspec.to_builtins(step)
    with writing(folder) as ledger:
        ledger.publish()  # what somebody else logged until the lock was ours counts
        after = take(courses(folder, scene), step, scene, time)
        commitments, payload = committed({"name": step.name, "step": said})
        kept = Payloads(RealDisk(folder)).keep(payload)
        entry = made(
            KIND,
            time,
            digests={"boundary": scene.boundary, "payload": kept},
            commitments=commitments,
            values={"step": said["step"]},
        )
        ledger.append([entry])
        ledger.publish()
    return after


def _step(payload: object) -> Step | None:
    if not isinstance(payload, dict):
        return None
    try:
        found: Step = msgspec.convert(payload.get("step"), Step)
    except msgspec.ValidationError:
        return None
    return found


def check_person(text: str, option: str) -> str:
    """Return the id of a person who is named with or without its kind."""
    if not text.strip():
        raise ConfigError("names nobody", Locus(option))
    return text if text.startswith("person:") else f"person:{text}"
