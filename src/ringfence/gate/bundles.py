"""Bundles: a scene that is signed, numbered, and good for a time.

A bundle is a signed note (C2SP signed-note) in the form of a checkpoint, so that the
keys of `ringfence.ledger` sign it, and behind it the scene as canonical JSON. The
origin is that of bundles alone, the size is the number, and the root is a hash over the
times and the scene, so that every kind of key signs all of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG

import msgspec

from ringfence.boundary.decision.scene import Scene, canonical, parse_scene
from ringfence.documents import durable
from ringfence.documents.located import parse_moment
from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.signed.head import Checkpoint, parse_checkpoint
from ringfence.ledger.signed.keys import (
    ED25519,
    ML_DSA,
    SigningKey,
    VerifierKey,
    open_note,
)
from ringfence.ledger.signed.notes import Note, parse_note, render_note

ORIGIN = "ringfence.bundle/v1"
LARGEST = 1 << 30  # bytes
_TIME = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}Z")
_DASH = "\N{EM DASH} ".encode()
_MOST_NOTE = 1 << 20  # bytes that the note may have


@dataclass(frozen=True, slots=True)
class Sealed:
    """A bundle that was opened.

    Attributes:
        version: Its number.
        issued: When it was signed.
        expires: First instant at which it is no longer good.
        digest: The hash over its times and its scene, in hexadecimal.
        scene: The scene.
    """

    version: int
    issued: str
    expires: str
    digest: str
    scene: Scene


def seal(
    scene: Scene, keys: Sequence[SigningKey], version: int, issued: str, expires: str
) -> bytes:
    """Return a scene as a bundle.

    Args:
        scene: The scene.
        keys: What signs it: whoever opens it has to know all that he asks for.
        version: Its number, higher than that of any before.
        issued: When this is, `2026-11-22T10:00:00Z`.
        expires: First instant at which it is no longer good.

    Raises:
        ConfigError: No bundle can say that.
    """
    if not keys:
        raise ConfigError("a bundle needs a key that signs it")
    if version < 1:
        raise ConfigError(f"a bundle can't have the number {version}", hint="from 1 on")
    if not (_is_time(issued) and _is_time(expires) and issued < expires):
        hint = "both as `2026-11-22T10:00:00Z`"
        raise ConfigError("a bundle has to expire after it is issued", hint=hint)
    body = canonical(scene)
    digest = _digest(issued, expires, body)
    text = Checkpoint(ORIGIN, version, digest, _extensions(issued, expires)).text
    seconds = _seconds(issued)
    note = Note(text, tuple(key.sign(text, seconds) for key in keys))
    return render_note(note) + body


def read_bundle(file: Path) -> bytes:
    """Return the bytes of a file, of no more than a bundle may have.

    Raises:
        ProofError: It is no file, or is longer.
        OSError: It can't be read.
    """
    at = Locus(str(file))
    if not S_ISREG(file.stat().st_mode):  # whoever opens a pipe waits for its writer
        raise ProofError("is no file", at, "`ringfence gate seal` makes bundles")
    with file.open("rb") as stream:
        content = stream.read(LARGEST + 1)
    _check_length(content, at)
    return content


def opened(
    content: bytes, keys: Sequence[VerifierKey], now: str, place: str = "the bundle"
) -> Sealed:
    """Return what a bundle holds, if all these keys signed it and it is good now.

    Whether its number is high enough is for `Seen` to tell.

    Args:
        content: The bundle.
        keys: The keys that have to have signed it, each of them.
        now: The instant.
        place: What messages call it.

    Raises:
        ProofError: A key hasn't signed it, a signature isn't good, it isn't good now,
            or it isn't spelt as a bundle is.
    """
    at = Locus(place)
    _check_length(content, at)
    end = _end_of_note(content, at)
    note = parse_note(content[:end], place)
    verified = {one.key for one in open_note(note, keys, place)}
    if missing := [key.name for key in keys if key not in verified]:
        raise ProofError(f"the key of `{missing[0]}` hasn't signed it", at)
    head = parse_checkpoint(note.text, place)
    if head.origin != ORIGIN:
        raise ProofError(
            f"is no bundle: its first line isn't `{ORIGIN}`", Locus(place, 1)
        )
    issued, expires = _times(head, at)
    if head.size < 1:
        raise ProofError("its number isn't 1 or more", Locus(place, 2))
    body = content[end:]
    if _digest(issued, expires, body) != head.root:
        hint = "the file is cut off, goes on after its end, or was changed"
        raise ProofError("the scene isn't the one that is signed", at, hint)
    if not issued <= now < expires:
        when = f"from {issued} until {expires}"
        raise ProofError(f"is good {when}, and not now", at, "seal a new one")
    return Sealed(head.size, issued, expires, head.root.hex(), _scene(body, at))


class Seen:
    """Remembers on the disk the highest number that was taken: none goes back.

    Args:
        file: Where it remembers; its folder is there.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def check(self, sealed: Sealed) -> None:
        """Check that a bundle isn't older than one that was taken.

        Raises:
            ProofError: It is, or another had its number.
            ConfigError: What is remembered can't be read.
            OSError: It can't be read.
        """
        last = self._last()
        if last is None or sealed.version > last.version:
            return
        at = Locus(str(self._file))
        if sealed.version < last.version:
            message = f"version {sealed.version} is older than {last.version}"
            raise ProofError(f"{message}, which was in force", at)
        if sealed.digest != last.digest:
            message = f"there are two bundles with the number {sealed.version}"
            raise ProofError(message, at, "give each a number of its own")

    def take(self, sealed: Sealed) -> None:
        """Check a bundle, and remember it.

        Raises:
            ProofError: It is older than one that was taken, or another had its number.
            ConfigError: What is remembered can't be read.
            OSError: It may not be remembered.
        """
        self.check(sealed)
        last = self._last()
        if last is not None and last.version == sealed.version:
            return
        content = msgspec.json.encode(_Last(sealed.version, sealed.digest))
        new = self._file.with_name(f"{self._file.name}.new")
        new.write_bytes(content)
        durable.sync(new)
        new.replace(self._file)
        durable.sync(self._file.parent)

    def _last(self) -> _Last | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=_Last)
        except FileNotFoundError:
            return None
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            hint = "put it right: `version` is the highest number that was in force"
            message = "doesn't tell which bundle was in force"
            raise ConfigError(message, Locus(str(self._file)), hint) from None


class _Last(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    digest: str


def new_keys(name: str) -> tuple[SigningKey, ...]:
    """Return keys for bundles: Ed25519, and ML-DSA-44 for later.

    Raises:
        ConfigError: No key may be called that.
    """
    return SigningKey.new(name, ED25519), SigningKey.new(name, ML_DSA)


def _check_length(content: bytes, at: Locus) -> None:
    if len(content) > LARGEST:
        raise ProofError(f"is longer than {LARGEST:,} bytes", at)


def _end_of_note(content: bytes, at: Locus) -> int:
    """Return where the scene begins: behind the last line of a signature."""
    blank = content.find(b"\n\n", 0, _MOST_NOTE)
    end = blank + 2
    while blank >= 0 and content.startswith(_DASH, end):
        line = content.find(b"\n", end, end + _MOST_NOTE)
        if line < 0:
            break
        end = line + 1
    if blank < 0 or end == blank + 2:
        hint = "`ringfence gate seal` makes bundles"
        raise ProofError("is no bundle: it has no signatures", at, hint)
    return end


def _times(head: Checkpoint, at: Locus) -> tuple[str, str]:
    told = [one.partition(" ")[2] for one in head.extensions]
    good = len(told) == 2 and all(map(_is_time, told))  # noqa: PLR2004
    if not good or _extensions(*told) != head.extensions:
        hint = "`issued` and `expires`, a line each"
        raise ProofError("doesn't say when it is good", at, hint)
    return told[0], told[1]


def _scene(body: bytes, at: Locus) -> Scene:
    try:
        scene = parse_scene(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProofError(f"holds no scene: {str(error)[:200]}", at) from None
    if canonical(scene) != body:
        raise ProofError("the scene is not spelt in the one way that a scene is", at)
    return scene


def _extensions(issued: str, expires: str) -> tuple[str, str]:
    return f"issued {issued}", f"expires {expires}"


def _digest(issued: str, expires: str, body: bytes) -> bytes:
    head = "".join(f"{line}\n" for line in (ORIGIN, *_extensions(issued, expires)))
    return sha256(head.encode() + body).digest()


def _is_time(text: str) -> bool:
    return bool(_TIME.fullmatch(text)) and parse_moment(text) == text


def _seconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp())
