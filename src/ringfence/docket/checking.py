"""Checking a docket: everything that lies there, held against what its ledger signed.

Nothing is written. All that doesn't verify is named, not only the first. What verifies
is what was logged, since it was logged: no more is known of what was received.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ringfence.docket import blocks
from ringfence.docket.chartering import charter_digest
from ringfence.docket.finding.comparing import tells_otherwise
from ringfence.docket.finding.index import NAME
from ringfence.docket.folder import Docket, Held
from ringfence.docket.naming import Names
from ringfence.docket.objects import (
    KINDS,
    LETTERS,
    Hand,
    Handling,
    Recording,
    Ref,
    Speaker,
)
from ringfence.docket.originals import Originals
from ringfence.docket.words import Custody
from ringfence.errors import Locus, Problem, RingfenceError
from ringfence.ledger.entries import Entry, parse_entry
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.keeping.renewal import check_ledger
from ringfence.ledger.signed.checkpoints import read_checkpoint
from ringfence.ledger.writer.charter import CHARTER, read_charter
from ringfence.ledger.writer.disk import RealDisk
from ringfence.ledger.writer.recovery import PUBLISHED, SIGNED

Progress = Callable[[str], None]
_MARK = "sha256:"
_RESTORE = "restore it from a copy"


@dataclass(slots=True)
class Checked:
    """What a check found.

    Attributes:
        entries: How many the ledger has; `objects` and `originals` likewise.
        opened: How many originals were opened and decoded again.
        seconds: How many blocks were held against what was logged.
        problems: What doesn't verify.
        notes: What does no harm, and somebody should know.
        names: What people call each recording.
        recordings: Those whose originals should be there, in order.
    """

    entries: int = 0
    objects: int = 0
    originals: int = 0
    opened: int = 0
    seconds: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    names: dict[Ref, str] = field(default_factory=dict)
    recordings: list[tuple[Ref, Recording]] = field(default_factory=list)

    def refuse(self, what: str, error: RingfenceError) -> None:
        """Say that something doesn't verify, and what it is."""
        for one in error.problems:
            at = f"{what}, {one.at}" if one.at else what
            self.problems.append(Problem(one.message, Locus(at), one.hint))

    def need(self, holds: object, what: str, message: str, hint: str | None) -> None:
        """Say that something doesn't verify, unless it does."""
        if not holds:
            self.problems.append(Problem(message, Locus(what), hint))


def check_docket(docket: Docket, progress: Progress = lambda _: None) -> Checked:
    """Check a docket without opening what is sealed.

    Args:
        docket: The docket.
        progress: Is told how far it is.

    Raises:
        OSError: A file can't be read.
    """
    found = Checked()
    if not _has_ledger(docket, found):
        return found
    held, entries = _objects(docket, found, progress)
    _check_signatures(docket, found)
    _check_payloads(docket, found, entries)
    _check_charter(docket, found, held)
    _check_names(docket, found, held)
    progress("checking the originals")
    _check_originals(docket, found, held)
    _check_index(docket, found, progress)
    return found


def _check_index(docket: Docket, found: Checked, progress: Progress) -> None:
    """Check that what is listed and searched is what the ledger tells."""
    if found.problems:
        return  # there is nothing to hold it against
    hint = "remove it: it is drawn anew from the ledger"
    is_its = not tells_otherwise(docket, progress)
    found.need(is_its, NAME, "tells what the ledger doesn't", hint)


def _has_ledger(docket: Docket, found: Checked) -> bool:
    """Return whether there is a ledger to hold anything against; say it otherwise."""
    path = str(docket.ledger / CHARTER)
    try:
        read_charter(RealDisk(docket.ledger))
    except RingfenceError as error:
        found.refuse(path, error)
    except UnicodeError:
        found.need(None, path, "is no text in UTF-8", _RESTORE)
    return not found.problems


def _objects(
    docket: Docket, found: Checked, progress: Progress
) -> tuple[list[Held], list[Entry]]:
    """Return what the ledger holds, as far as it verifies."""
    ledger = check_ledger(
        docket.ledger, lambda at, size: progress(f"checking entry {at:,} of {size:,}")
    )
    found.problems += ledger.problems
    if ledger.torn:
        found.notes.append(f"{ledger.torn:,} bytes of the journal are no whole entry")
    held, entries, counts = list[Held](), list[Entry](), Counter[str]()
    for index, content in enumerate(_contents(docket, found, ledger.size)):
        try:
            entry = parse_entry(content, f"entry {index}")
        except RingfenceError as error:
            found.problems += error.problems
            continue
        entries.append(entry)
        if entry.kind in KINDS:
            counts[entry.kind] += 1
            name = f"{LETTERS[KINDS[entry.kind]]}{counts[entry.kind]}"
            held += _object(docket, found, index, entry, name)
    found.entries, found.objects = ledger.size, counts.total()
    return held, entries


def _contents(docket: Docket, found: Checked, size: int) -> list[bytes]:
    try:
        return docket.contents(0, size)
    except RingfenceError as error:
        found.problems += error.problems
    except OSError as error:
        at = Locus(str(error.filename or docket.ledger))
        found.problems.append(Problem("can't be read", at, _RESTORE))
    return []


def _object(
    docket: Docket, found: Checked, index: int, entry: Entry, name: str
) -> Iterator[Held]:
    ref = entry.digests["payload"].removeprefix(_MARK)
    found.names[ref] = name
    try:
        yield docket.told(index, entry)
    except RingfenceError as error:
        found.refuse(name, error)


def _check_signatures(docket: Docket, found: Checked) -> None:
    """Check that every key of the ledger signed its last word: one of them would do."""
    disk = RealDisk(docket.ledger)
    keys = read_charter(disk).keys
    for path in (PUBLISHED, SIGNED):
        try:
            signed = read_checkpoint(disk.read(path), keys, place=path)
        except (RingfenceError, OSError):
            continue  # which the check of the ledger has told
        those = {one.key for one in signed.verified}
        lacking = [one.key_id.hex() for one in keys if one not in those]
        message = f"lacks the signature of key {', '.join(lacking)}"
        found.need(not lacking, str(docket.ledger / path), message, _RESTORE)


def _check_payloads(docket: Docket, found: Checked, entries: list[Entry]) -> None:
    """Check that what is erased is what the ledger calls so; tell of strangers."""
    payloads = Payloads(RealDisk(docket.ledger))
    named = [one for one in entries if "payload" in one.digests]
    refs = {one.digests["payload"].removeprefix(_MARK) for one in named}
    erased = {
        one.digests["payload"].removeprefix(_MARK)
        for one in named
        if one.kind == "erased"
    }
    for ref in sorted(refs):
        name = found.names.get(ref, f"payload {ref[:12]}")
        is_so = payloads.is_erased(ref) <= (ref in erased)
        found.need(is_so, name, "was erased, and the ledger doesn't say so", _RESTORE)
        left = ref in erased and payloads.holds(ref)
        hint = "`ringfence docket destroy` goes on where it was cut short"
        found.need(not left, name, "is erased in the ledger, and still there", hint)
    strangers = [one for one in payloads.digests() if one not in refs]
    if strangers and found.entries:
        found.notes.append(
            f"{len(strangers)} payloads that no entry names: {strangers[0]}"
        )


def _check_charter(docket: Docket, found: Checked, held: list[Held]) -> None:
    """Check that the docket's keys are those that the ledger says."""
    origin = docket.signed().origin if found.entries else ""
    is_its = origin in ("", f"docket/{docket.charter.name}")
    what = "docket.json"
    found.need(is_its, what, f"names another docket than its ledger: {origin}", None)
    said = next((one.object for one in held if isinstance(one.object, Handling)), None)
    if said is None or said.thing:
        found.notes.append("the ledger doesn't say to which keys the docket is sealed")
        return
    is_same = said.detail.get("charter") == charter_digest(docket)
    found.need(is_same, what, "was changed since the docket was founded", _RESTORE)
    is_same = said.detail.get("match") == Names(docket).key_digest()
    what = "sealed/match.age"
    found.need(is_same, what, "was changed, or is missing", _RESTORE)


def _check_names(docket: Docket, found: Checked, held: list[Held]) -> None:
    names, known = Names(docket), set[str]()
    for one in held:
        if isinstance(one.object, Hand | Speaker) and one.object.sealed:
            known.add(one.object.sealed)
            try:
                names.content(one.object.sealed)
            except RingfenceError as error:
                found.refuse(found.names[one.ref], error)
    for path in names.names():
        if path.stem not in known:
            found.notes.append(f"a sealed name that no entry names: {path}")


def _check_originals(docket: Docket, found: Checked, held: list[Held]) -> None:
    originals = Originals(docket)
    gone = _things(held, Custody.DESTROYED)
    sealed = _things(held, Custody.SEALED)
    wanted = set[str]()
    for one in held:
        if isinstance(one.object, Recording) and one.ref not in gone:
            wanted.add(one.object.content)
            found.recordings.append((one.ref, one.object))
            _check_original(found, originals, one.ref, one.object, sealed)
    for ref, step in gone.items():
        content = step.detail.get("original", "")
        left = content and content not in wanted and originals.holds(content)
        hint = "`ringfence docket destroy` goes on where it was cut short"
        name = found.names.get(ref, ref[:12])
        found.need(not left, name, "is called destroyed, and still there", hint)
        wanted |= {content} if left else set()
    _tell_strangers(found, originals, wanted)


def _check_original(
    found: Checked,
    originals: Originals,
    ref: Ref,
    recording: Recording,
    sealed: dict[Ref, Handling],
) -> None:
    name, content = found.names[ref], recording.content
    path: Path = originals.path(content)
    found.originals += 1
    try:
        digest = _digest(path)
    except FileNotFoundError:
        at = Locus(name)
        found.problems.append(Problem(f"its original is missing: {path}", at, _RESTORE))
        return
    if ref in sealed:
        is_same = sealed[ref].detail.get("sealed") == digest
        found.need(is_same, name, f"its sealed original was changed: {path}", _RESTORE)
    else:
        found.notes.append(f"{name}: no custody of its sealing: a change takes the key")
    hashes = originals.leaves(content)
    if recording.blocks is None:
        return
    if hashes is None:
        found.notes.append(f"{name}: its leaf hashes are missing: no block is named")
        return
    is_same = blocks.rooted(hashes, recording.blocks.samples) == recording.blocks
    message = f"its leaf hashes were changed: {originals.path(content, '.blocks')}"
    found.need(is_same, name, message, _RESTORE)


def _tell_strangers(found: Checked, originals: Originals, wanted: set[str]) -> None:
    for content in originals.names():
        if content not in wanted:
            found.notes.append(
                f"an original that no entry names: {originals.path(content)}; add the "
                "file again to log it"
            )
    found.notes += [f"no original: {path}" for path in originals.odd()]


def _things(held: list[Held], step: Custody) -> dict[Ref, Handling]:
    """Return the last custody of a kind, by what it was done with."""
    return {
        one.object.thing: one.object
        for one in held
        if isinstance(one.object, Handling) and one.object.step is step
    }


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        found = sha256()
        while part := stream.read(1 << 20):
            found.update(part)
    return found.hexdigest()
