"""The closed lists of the docket: one word, one meaning."""

from __future__ import annotations

from enum import StrEnum


class Grade(StrEnum):
    """How near a recording is to the device that made it."""

    ORIGINAL = "original-device"
    FIRST = "first-hand-copy"
    THIRD = "third-hand"
    PUBLISHED = "published"


class Form(StrEnum):
    """What was received: sound, a document, or an export of messages."""

    SOUND = "sound"
    DOCUMENT = "document"
    MESSAGES = "messages"


class Known(StrEnum):
    """An answer of three values."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Rung(StrEnum):
    """How far a quote has come: by a machine, heard by one person, by a second one."""

    MACHINE = "machine"
    HEARD = "heard"
    CONFIRMED = "confirmed"


class Stance(StrEnum):
    """How a statement bears on a public sentence."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    CONTEXT = "context"
    UNRELATED = "unrelated"


class Dismissal(StrEnum):
    """Why a statement doesn't count, though it bears on the sentence."""

    OUT_OF_SCOPE = "out_of_scope"
    OUTSIDE_WINDOW = "outside_window"
    RETRACTED = "retracted"
    MISHEARD = "misheard"
    JOKE = "joke_or_hypothetical"
    SUPERSEDED = "superseded_by_system_evidence"


class Custody(StrEnum):
    """What was done with what is kept. The ledger's entries say it in these words."""

    TIMESTAMPED = "timestamped"
    DECRYPTED = "decrypted"
    PLAYED = "played"
    TRANSCRIBED = "transcribed"
    EXPORTED = "exported"
    SEALED = "sealed"
    DESTROYED = "destroyed"
