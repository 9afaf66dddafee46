"""Destroying: the ledger says so first, then the original goes, then what it said.

What was logged stays logged, as digests: of every entry the proof stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ringfence.docket.course import check
from ringfence.docket.finding.index import Index
from ringfence.docket.folder import Docket, Held
from ringfence.docket.intake import intake_lock
from ringfence.docket.objects import Handling, Recording, Ref
from ringfence.docket.originals import Originals
from ringfence.docket.words import Custody
from ringfence.errors import ConfigError, Locus
from ringfence.ledger.entries import parse_entry
from ringfence.ledger.faults import within
from ringfence.ledger.keeping.opening import writing
from ringfence.ledger.keeping.payloads import Payloads, erase
from ringfence.ledger.writer.disk import RealDisk

Reason = Literal["request", "retention", "order", "mistake"]
_KEEPS = "retention"  # what was said stays, as it was published; its sound goes


def destroy(docket: Docket, thing: str, *, by: str, reason: Reason, time: str) -> Held:
    """Destroy a recording; what a run that was cut short left undone is done.

    By request, by order or by mistake, all that says what it held goes with it:
    transcripts, statements, hearings. When its time is over, transcripts go with the
    original, and statements stay.

    Args:
        docket: The docket.
        thing: The recording: `R1`.
        by: Who destroys it.
        reason: Why.
        time: When this is.

    Returns:
        The entry that says so.

    Raises:
        ConfigError: There is no such recording, or no such reviewer.
        RingfenceError: The ledger can't be written.
        OSError: Something of it may still be there.
    """
    with intake_lock(docket):
        docket.settle()
        with Index(docket) as index:
            ref = index.numbered(thing, "recording")
            said = _said(docket, index, ref, thing, by=by, reason=reason, time=time)
            step = said.object
            told = step.detail if isinstance(step, Handling) else {}
            content = told.get("original", "")
            if content and not _is_shared(index, ref, content):
                Originals(docket).remove(content)
            gone = [*_said_of(index, ref, told.get("reason", reason)), ref]
        _erase(docket, gone, time, told.get("reason", reason))
    return said


def destroyed(index: Index) -> dict[Ref, Held]:
    """Return the recordings that the ledger calls destroyed, and the entry of each."""
    return {
        one.object.thing: one
        for one in index.all("custody")
        if isinstance(one.object, Handling) and one.object.step is Custody.DESTROYED
    }


def unfinished(docket: Docket) -> list[Ref]:
    """Return the payloads that the ledger calls erased, and that are still there."""
    payloads = Payloads(RealDisk(docket.ledger))
    contents = docket.contents(0, docket.signed().size)
    parsed = (parse_entry(one, f"entry {at}") for at, one in enumerate(contents))
    said = (one.digests["payload"] for one in parsed if one.kind == "erased")
    refs = dict.fromkeys(one.removeprefix("sha256:") for one in said)
    return [one for one in refs if payloads.holds(one)]


def _said(
    docket: Docket,
    index: Index,
    ref: Ref,
    thing: str,
    *,
    by: str,
    reason: Reason,
    time: str,
) -> Held:
    """Return the entry that says that a recording is destroyed; log it if need be."""
    if ref in (found := destroyed(index)):
        return found[ref]
    recording = index.get(ref)
    if not isinstance(recording, Recording):
        raise ConfigError("was erased", Locus(thing))
    detail = {"original": recording.content, "reason": str(reason)}
    step = Handling(Custody.DESTROYED, ref, index.reviewer(by), detail)
    check(step, index)
    return docket.append([step], time)[0]


def _is_shared(index: Index, ref: Ref, content: str) -> bool:
    """Return whether another recording, received later, has the same original."""
    gone = destroyed(index)
    return any(
        isinstance(one.object, Recording) and one.object.content == content
        for one in index.all("recording")
        if one.ref != ref and one.ref not in gone
    )


def _said_of(index: Index, ref: Ref, reason: str) -> Iterator[Ref]:
    """Yield what else goes with a recording."""
    for one in index.about(ref, "transcript"):
        yield one.ref
    if reason != _KEEPS:
        for one in index.about(ref, "statement"):
            yield from (heard.ref for heard in index.about(one.ref, "hearing"))
            yield one.ref


def _erase(docket: Docket, refs: list[Ref], time: str, reason: str) -> None:
    """Erase payloads, the recording's own last: until then the rest is found by it."""
    with within(docket.ledger), writing(docket.ledger) as log:
        payloads = Payloads(RealDisk(docket.ledger))
        for ref in unfinished(docket):
            payloads.erase(ref)
        for ref in refs:
            if not payloads.is_erased(ref) or payloads.holds(ref):
                erase(payloads, ref, log.append, time=time, reason=reason)
        log.publish()
