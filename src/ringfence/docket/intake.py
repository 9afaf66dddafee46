"""Intake: what is received is digested, sealed, decoded, and logged, in this order.

The digest is taken while the bytes are read for the first time. The original is on the
disk before it is decoded, and before its entry: a run that is cut short loses neither.
Who adds the same file again goes on where it stopped, and what is held already is
logged once.
"""

from __future__ import annotations

import mimetypes
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Self

from ringfence.docket import blocks
from ringfence.docket.audio.decoding import Decoded, UndecodedError, decoded
from ringfence.docket.chartering import check_charter
from ringfence.docket.course import check
from ringfence.docket.finding.index import Index
from ringfence.docket.folder import Docket, Following, Held
from ringfence.docket.naming import Names
from ringfence.docket.objects import (
    Blocks,
    Hand,
    Handling,
    Object,
    Received,
    Recording,
    Ref,
    Sound,
)
from ringfence.docket.originals import Kept, Originals
from ringfence.docket.sealing import Identities, UnsealedError
from ringfence.docket.words import Custody, Form, Grade
from ringfence.documents.durable import locked
from ringfence.errors import ConfigError, Locus, SourceError
from ringfence.ledger.faults import BusyError

LOCK = "intake.lock"
LARGEST = 4 << 30  # bytes of a sound that is decoded in memory
_MEDIA = {
    ".amr": "audio/amr",
    ".caf": "audio/x-caf",
    ".eml": "message/rfc822",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mbox": "application/mbox",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
}
_MESSAGES = ("message/rfc822", "application/mbox")
_UNMATCHED: tuple[str, ...] = (
    "nobody can tell whether the hand is new: the identity key would",
)
_UNKNOWN = "application/octet-stream"
_types = mimetypes.MimeTypes()  # and not those of this machine
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is said of a file when it is received; see `objects.Recording`.

    Attributes:
        by: The reviewer who receives it.
        hand: Who handed it over; empty for a hand that is new.
        sealed_name: Who the new hand is; never shown. Empty if nobody says.
        identities: What opens names, to tell whether the hand is new after all.
        received: When it was received, if that was before it is logged.
    """

    by: Ref
    grade: Grade
    hand: Ref = ""
    sealed_name: str = field(default="", repr=False)
    identities: Identities | None = None
    form: Form | None = None
    basis: str = ""
    handling: str = ""
    language: str = ""
    until: str = ""
    how: str = ""
    received: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a file.

    Attributes:
        held: Its recording in the ledger.
        again: Whether the same bytes were held before.
        notes: What else is to be said.
    """

    held: Held
    again: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Heard:
    """What is logged of a sound; nothing, if it is none."""

    sound: Sound | None = None
    blocks: Blocks | None = None
    seed: str = ""
    form: Form = Form.DOCUMENT
    notes: tuple[str, ...] = ()


class Intake:
    """Receives files for one docket; nobody else does meanwhile.

    Attributes:
        index: The docket's, up to date with what was received.
    """

    def __init__(self, docket: Docket, index: Index) -> None:
        self.docket = docket
        self.index = index
        self._originals = Originals(docket)
        self._names = Names(docket)
        self._hand: Ref = ""
        self._known = _known(index)

    @classmethod
    @contextmanager
    def of(cls, docket: Docket) -> Iterator[Self]:
        """Open a docket for what is received, and make good what a crash left.

        Raises:
            ProofError: The docket's keys are not those that its ledger says.
            RingfenceError: Another run receives files, or the ledger can't be written.
        """
        with intake_lock(docket):
            docket.settle()
            check_charter(docket)
            with Index(docket) as index:
                intake = cls(docket, index)
                intake._originals.sweep()
                yield intake

    def add(
        self, path: Path, terms: Terms, time: str, progress: Progress = lambda _: None
    ) -> Added:
        """Receive a file: original and entry are on the disk when this returns.

        Args:
            path: The file.
            terms: What is said of it.
            time: When this is.
            progress: Is told how far it is.

        Raises:
            RingfenceError: It can't be read, or what is said of it doesn't fit.
            OSError: It can't be written.
        """
        kept = self._kept(path, progress)
        if kept.content in self._known:
            return self._again(kept, self._known[kept.content], terms, time)
        progress(f"decoding {path.name}")
        heard = self._heard(path, kept, terms.form)
        new, notes = self._hands(terms)
        recording = self._recording(path, kept, heard, terms, time)
        held = self._log(new, recording, kept, time)
        self._known[kept.content] = held
        return Added(held, notes=(*heard.notes, *notes))

    def _kept(self, path: Path, progress: Progress) -> Kept:
        def told(size: int) -> None:
            progress(f"sealing {path.name}: {size >> 20:,} MiB")

        def is_held(content: str) -> bool:
            return content in self._known and self._originals.holds(content)

        try:
            if path.exists() and not (path.is_file() or path.is_dir()):
                hint = "copy what it gives into a file, and add that"
                raise SourceError("is no file", Locus(str(path)), hint)
            with path.open("rb") as stream:
                return self._originals.keep(stream, told, unless=is_held)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            if error.filename is None or Path(error.filename) != path:
                raise
            reason = (error.strerror or "can't be read").lower()
            raise SourceError(reason, Locus(str(path)), "check the path") from None

    def _again(self, kept: Kept, held: Held, terms: Terms, time: str) -> Added:
        if not kept.sealed:
            return Added(held, again=True)
        step = _sealing(held.ref, terms.by, kept)
        check(step, self.index)
        self.docket.append([step], time)
        return Added(held, again=True, notes=("its original was missing: laid anew",))

    def _heard(self, path: Path, kept: Kept, form: Form | None) -> _Heard:
        """Decode what may be a sound. Whatever becomes of it, the original is kept."""
        guess = form or _form(path)
        if guess not in (None, Form.SOUND):
            return _Heard(form=guess or Form.DOCUMENT)
        try:
            found = decoded(_read(path, kept), str(path))
        except UndecodedError as error:
            if guess is None:
                return _Heard()
            why = error.problems[0].message
            return _Heard(form=Form.SOUND, notes=(f"kept, but not decoded: {why}",))
        return self._cut(kept, found)

    def _cut(self, kept: Kept, found: Decoded) -> _Heard:
        seed = secrets.token_bytes(blocks.SEED)
        hashes = blocks.leaves(found.samples, seed)
        self._originals.keep_leaves(kept.content, hashes)
        tree = blocks.rooted(hashes, len(found.samples))
        return _Heard(found.sound, tree, seed.hex(), Form.SOUND, found.notes)

    def _hands(self, terms: Terms) -> tuple[list[Object], tuple[str, ...]]:
        """Return the hand that is to be logged, if it is new, and what to say of it."""
        if terms.hand or self._hand:
            self._hand = terms.hand or self._hand
            return [], ()
        if not terms.sealed_name:
            return [Hand()], ()
        match = self._match(terms)
        for one in self.index.all("hand") if match else ():
            if isinstance(one.object, Hand) and one.object.match == match:
                self._hand = one.ref
                return [], (f"the hand is {self.index.number(one.ref)}",)
        notes = () if match else _UNMATCHED
        return [Hand(self._names.keep(terms.sealed_name), match)], notes

    def _match(self, terms: Terms) -> str:
        """Return what a new hand's name is matched by; nothing without the key."""
        if terms.identities is None:
            return ""
        try:
            return self._names.match(terms.sealed_name, terms.identities)
        except UnsealedError as error:
            if error.is_other:  # the docket's own key, say: it opens no names
                return ""
            raise

    def _recording(
        self, path: Path, kept: Kept, heard: _Heard, terms: Terms, time: str
    ) -> Callable[[Ref], Recording]:
        return lambda hand: Recording(
            content=kept.content,
            size=kept.size,
            name=_name(path),
            media=media_of(path),
            form=heard.form,
            sound=heard.sound,
            blocks=heard.blocks,
            seed=heard.seed,
            hand=hand,
            grade=terms.grade,
            received=Received(terms.received or time, terms.by, terms.how),
            basis=terms.basis,
            handling=terms.handling,
            language=terms.language,
            until=terms.until,
        )

    def _log(
        self,
        new: list[Object],
        recording: Callable[[Ref], Recording],
        kept: Kept,
        time: str,
    ) -> Held:
        made = recording(self._hand)
        following: list[Object | Following] = [*new]
        following.append(lambda refs: recording(refs[0] if new else self._hand))
        following.append(lambda refs: _sealing(refs[-1], made.received.by, kept))
        *before, held, _ = self.docket.append(following, time)
        self._hand = before[0].ref if before else self._hand
        self.index.catch_up()
        return held


def intake_lock(docket: Docket) -> AbstractContextManager[None]:
    """Keep out every other run that receives or destroys."""
    at, hint = Locus(str(docket.folder)), "wait for it to end"
    busy = BusyError("another run receives files for this docket", at, hint)
    return locked(docket.folder / LOCK, busy)


def check_terms(terms: Terms, index: Index) -> None:
    """Check what is said of files before the first one is read.

    Raises:
        ConfigError: It may not be said; the error names the option.
    """
    check(Handling(Custody.SEALED, "", terms.by), index)
    if terms.hand and index.kind(terms.hand) != "hand":
        raise ConfigError("there is no such hand", Locus("--hand"), "name one: `H1`")
    try:
        known = not terms.until or date.fromisoformat(terms.until).isoformat()
    except ValueError:
        known = ""
    if known not in (True, terms.until):
        hint = "write `2031-12-31`"
        raise ConfigError(f"`{terms.until}` is no date", Locus("--until"), hint)


def media_of(path: Path) -> str:
    """Return the media type that a file's name says."""
    suffix = path.suffix.lower()
    guessed, encoding = _types.guess_type(path.name, strict=False)
    return _MEDIA.get(suffix) or (guessed if not encoding else None) or _UNKNOWN


def _name(path: Path) -> str:
    """Return what a file is called; bytes that are no UTF-8 are spelt out."""
    return os.fsencode(path.name).decode("utf-8", "backslashreplace")


def _form(path: Path) -> Form | None:
    """Return what a file's name says that it is; None if it doesn't say."""
    media = media_of(path)
    if media.startswith(("audio/", "video/")):
        return Form.SOUND
    if media in _MESSAGES:
        return Form.MESSAGES
    return None if media == _UNKNOWN else Form.DOCUMENT


def _read(path: Path, kept: Kept) -> bytes:
    """Return the bytes of a file that was just received, and of no other.

    Raises:
        UndecodedError: It is too large to be decoded.
        SourceError: It isn't the same any more.
    """
    at = Locus(str(path))
    if kept.size > LARGEST:
        raise UndecodedError(f"is larger than {LARGEST >> 30} GiB", at, "cut it")
    content = path.read_bytes()
    if sha256(content).hexdigest() != kept.content:
        hint = "add it again once nobody writes to it"
        raise SourceError("changed while it was received", at, hint)
    return content


def _sealing(thing: Ref, by: Ref, kept: Kept) -> Handling:
    detail = {"original": kept.content, "sealed": kept.sealed}
    return Handling(Custody.SEALED, thing, by, detail)


def _known(index: Index) -> dict[str, Held]:
    """Return the recordings whose originals the docket holds, by their SHA-256."""
    gone = {
        one.object.thing
        for one in index.all("custody")
        if isinstance(one.object, Handling) and one.object.step is Custody.DESTROYED
    }
    return {
        one.object.content: one
        for one in index.all("recording")
        if isinstance(one.object, Recording) and one.ref not in gone
    }
