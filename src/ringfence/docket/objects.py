"""What a docket holds: each object an entry of its ledger, each field a commitment.

An object's fields are salted one by one in the payload of its entry. So an export can
open some of them, and shows the others as digests, and all of it still checks against
what the ledger signed. What a field says is therefore as coarse or as fine as one wants
to tell: a role and the coarse role, a day and its month, are fields of their own.

An object is never changed. It is referred to by the SHA-256 of its payload, and told by
people as a letter and a number: `R1` is the first recording of the ledger, `S14` the
fourteenth statement.
"""

from __future__ import annotations

import re

import msgspec

from ringfence.docket.words import Custody, Dismissal, Form, Grade, Known, Stance

RATE = 16_000
"""Samples a second of what is cut, quoted and proved: one channel of 16 bits."""
Ref = str
"""SHA-256 of an object's payload, in hexadecimal."""


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Sound(_Value, frozen=True):
    """The samples as they were decoded.

    Attributes:
        decoder: The library that did, and its version.
        codec: What the container holds.
        rate: Samples a second, as recorded; `channels` likewise.
        samples: How many there are at `RATE`, mixed to one channel.
        pcm: SHA-256 of those samples, 16 bits each, the low byte first.
    """

    decoder: str
    codec: str
    rate: int
    channels: int
    samples: int
    pcm: str


class Blocks(_Value, frozen=True):
    """The tree over the samples, a block a second (RFC 6962, salted leaves).

    The last block may be shorter. `root` is in hexadecimal, `rate` samples a second.
    """

    root: str
    count: int
    samples: int
    rate: int = RATE


class Received(_Value, frozen=True):
    """How something came: when, to which reviewer, and by which way, in words."""

    when: str
    by: Ref
    how: str = ""


class Origin(_Value, frozen=True):
    """Who or what wrote a transcript.

    Attributes:
        by: `machine` or `human`.
        engine: Name of the engine, or of the file that was imported.
        version: Of the engine.
        model: Name and SHA-256 of the model, behind a colon; empty for a person.
        parameters: As text, by name.
        reviewer: Who brought it in.
    """

    by: str
    engine: str = ""
    version: str = ""
    model: str = ""
    parameters: dict[str, str] = {}
    reviewer: Ref = ""


class Word(msgspec.Struct, frozen=True, array_like=True):
    """A word of a transcript.

    Attributes:
        text: The word, with its punctuation.
        start: First sample, at `RATE`; `end`: the one behind the last.
        prob: What the engine thinks of it; None if it doesn't say.
        agrees: Whether the second engine heard the same; None if it wasn't asked.
    """

    text: str
    start: int
    end: int
    prob: float | None = None
    agrees: bool | None = None


class Span(_Value, frozen=True):
    """A stretch of a recording, in samples at `RATE`."""

    start: int
    end: int


class Scope(_Value, frozen=True):
    """Whether a statement speaks of what the sentence speaks of."""

    subject: Known = Known.UNKNOWN
    place: Known = Known.UNKNOWN
    window: Known = Known.UNKNOWN


class _Object(_Value, frozen=True, tag_field="object"):
    pass


class Reviewer(_Object, frozen=True, tag="reviewer"):
    """Who works on the docket. Whoever has a conflict can't hear or assess."""

    name: str
    role: str = ""
    conflict: bool = False


class Hand(_Object, frozen=True, tag="hand"):
    """Who handed something over: one hand is one source, whatever it holds.

    Attributes:
        sealed: SHA-256 of the sealed file that says who it is.
        match: HMAC of the name under the docket's key for it, to tell that two are one.
    """

    sealed: str = ""
    match: str = ""


class Recording(_Object, frozen=True, tag="recording"):
    """What was received: a sound, a document, an export of messages.

    Attributes:
        content: SHA-256 of the bytes as received.
        size: How many they are.
        name: Name of the file as received. Never leaves the docket.
        media: Media type.
        sound: The decoded samples; None if it is no sound, or couldn't be decoded.
        blocks: The tree over them.
        seed: What the salts of the blocks are drawn from, in hexadecimal.
        hand: Who handed it over.
        basis: On which legal ground it is kept. `handling`: how to treat it.
        until: The date until which it is kept; empty if none is set.
    """

    content: str
    size: int
    name: str
    media: str
    form: Form
    sound: Sound | None
    blocks: Blocks | None
    seed: str
    hand: Ref
    grade: Grade
    received: Received
    basis: str = ""
    handling: str = ""
    language: str = ""
    until: str = ""


class Speaker(_Object, frozen=True, tag="speaker"):
    """Somebody who speaks: a pseudonym, and how much may be said of them.

    Attributes:
        name: Drawn at random for this docket.
        sealed: SHA-256 of the sealed file that says who it is; empty if nobody knows.
        match: HMAC of the name under the docket's key for it.
    """

    name: str
    role: str = ""
    role_coarse: str = ""
    unit: str = ""
    unit_coarse: str = ""
    country: str = ""
    country_coarse: str = ""
    sealed: str = ""
    match: str = ""


class Transcript(_Object, frozen=True, tag="transcript"):
    """Words of a recording, by a machine or a person: an index, never the quote."""

    recording: Ref
    origin: Origin
    words: tuple[Word, ...]
    language: str = ""


class Statement(_Object, frozen=True, tag="statement"):
    """What somebody said, in their words, and where it is to be heard or read.

    Attributes:
        span: Where it is heard; None in a document.
        passage: Where it is read: `page 3`.
        quote: The exact words, as the first who wrote them down did.
        transcript: The transcript that they were taken from; empty if typed.
        speaker: Who speaks; empty if nobody can tell.
        met_day: Day of the meeting; empty if only the month or the year is known.
        first_hand: Whether they speak of what they did or saw themselves.
        hedged: Whether they hedge.
        corrects: The statement that this one replaces; empty if none.
        denies: The statement that this one denies: it stands beside it.
    """

    recording: Ref
    quote: str
    span: Span | None = None
    passage: str = ""
    transcript: Ref = ""
    speaker: Ref = ""
    met_day: str = ""
    met_month: str = ""
    met_year: str = ""
    first_hand: Known = Known.UNKNOWN
    hedged: Known = Known.UNKNOWN
    language: str = ""
    translation: str = ""
    corrects: Ref = ""
    denies: Ref = ""


class Hearing(_Object, frozen=True, tag="hearing"):
    """A reviewer listened and typed what they heard.

    Attributes:
        blind: Whether they were shown nothing that anybody had typed before.
    """

    statement: Ref
    by: Ref
    text: str
    blind: bool = False


class Sentence(_Object, frozen=True, tag="sentence"):
    """What was said in public, as it was said: one version of a claim.

    Attributes:
        claim: Id of the claim in the boundary.
        capture: SHA-256 of a capture of the page or programme; empty if none is kept.
        hints: Words by which statements on it are found; not part of what was said.
    """

    claim: str
    says: str
    by: str = ""
    on: str = ""
    where: str = ""
    capture: str = ""
    hints: str = ""


class Assessment(_Object, frozen=True, tag="assessment"):
    """What a reviewer makes of a statement, beside a public sentence.

    Attributes:
        dismissal: Why it doesn't count, if it doesn't: then `rationale` says more.
        confidence: In words, never a number.
        supersedes: The assessment that this one replaces; empty if none.
    """

    statement: Ref
    sentence: Ref
    stance: Stance
    by: Ref
    dismissal: Dismissal | None = None
    rationale: str = ""
    scope: Scope = Scope()
    confidence: str = ""
    supersedes: Ref = ""


class Lead(_Object, frozen=True, tag="lead"):
    """A question to the systems that a statement gives rise to.

    Attributes:
        asks: The question in words.
        command: The same as Ringfence is asked: a command and its arguments.
    """

    statement: Ref
    asks: str
    command: tuple[str, ...]
    by: Ref


class Answer(_Object, frozen=True, tag="answer"):
    """What the systems answered to a lead.

    Attributes:
        code: The exit code of the command.
        says: Its answer in one line.
        estate: Digest of the estate that was asked; `boundary` likewise.
        content: SHA-256 of the whole answer. `proof`: of its proof, empty if none.
    """

    lead: Ref
    code: int
    says: str
    estate: str = ""
    boundary: str = ""
    content: str = ""
    proof: str = ""


class Handling(_Object, frozen=True, tag="custody"):
    """Something was done with what is kept, by a reviewer; `detail` says more, by name.

    The entry says the step in the clear too.
    """

    step: Custody
    thing: Ref
    by: Ref = ""
    detail: dict[str, str] = {}


Object = (
    Reviewer
    | Hand
    | Recording
    | Speaker
    | Transcript
    | Statement
    | Hearing
    | Sentence
    | Assessment
    | Lead
    | Answer
    | Handling
)
KINDS: dict[str, type[Object]] = {
    "reviewer": Reviewer,
    "hand": Hand,
    "recording": Recording,
    "speaker": Speaker,
    "transcript": Transcript,
    "statement": Statement,
    "hearing": Hearing,
    "sentence": Sentence,
    "assessment": Assessment,
    "lead": Lead,
    "answer": Answer,
    "custody": Handling,
}
LETTERS: dict[type[Object], str] = {
    Reviewer: "V",
    Hand: "H",
    Recording: "R",
    Speaker: "P",
    Transcript: "T",
    Statement: "S",
    Hearing: "E",
    Sentence: "C",
    Assessment: "A",
    Lead: "L",
    Answer: "W",
    Handling: "K",
}
NUMBER = re.compile(r"([VHRPTSECALWK])([1-9][0-9]{0,8})")


def kind_of(held: Object) -> str:
    """Return the kind of the entry that says an object."""
    return str(type(held).__struct_config__.tag)


def told(held: Object) -> dict[str, object]:
    """Return what the entry of an object commits to: its fields, by name."""
    fields: dict[str, object] = msgspec.to_builtins(held)
    return {name: value for name, value in fields.items() if name != "object"}


def untold(kind: str, fields: dict[str, object]) -> Object:
    """Return the object that an entry tells.

    Raises:
        msgspec.ValidationError: The fields are none of such an object.
    """
    return msgspec.convert(fields, KINDS[kind])
