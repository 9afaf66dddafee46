"""Entries: what a log may say, in a spelling that two readers can't read differently.

An entry is canonical JSON: keys sorted, no blanks, UTF-8 as it stands. It holds
digests, salted commitments and values out of closed lists. Nothing in it is personal:
it can never be taken back. What is personal lies in a payload beside the log.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import msgspec

from ringfence.errors import ConfigError, Locus, ProofError
from ringfence.ledger.tree.tiles import LONGEST

SALT = 32  # bytes: nobody guesses them, so nobody can try values out
_MOST = 16  # names in a map of a later version's entry
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SALT = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_KIND = re.compile(r"[a-z][a-z-]{0,39}")
_TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z")
_COUNT = re.compile(r"0|[1-9][0-9]{0,17}")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]{0,39}")
_ORIGIN = re.compile(r"[^\s+\x00-\x1f\x7f-\x9f]{1,255}")
_KEY = rf"{_ORIGIN.pattern}\+[0-9a-f]{{8}}\+[0-9A-Za-z+/]{{44,2400}}={{0,2}}"
_KEYS = re.compile(rf"{_KEY}( {_KEY}){{0,7}}")
_VERDICTS = re.compile("upheld|unproven|refuted")
_encoder = msgspec.json.Encoder(order="sorted")

REASONS = ("request", "retention", "order", "mistake")
KEY_STATES = ("begins", "ends")
RULINGS = ("release", "mask", "block", "hold")
COVERAGES = ("complete", "partial", "skipped")
STEPS = ("ask", "break-glass", "approve", "refuse", "revoke", "review")
CUSTODY = (
    "timestamped",
    "decrypted",
    "played",
    "transcribed",
    "exported",
    "sealed",
    "destroyed",
)
# Objects of a docket: every field of one is committed to, whatever it says.
DOCKET = {
    "reviewer": "conflict name role",
    "hand": "match sealed",
    "recording": "basis blocks content form grade hand handling language media name "
    "received seed size sound until",
    "speaker": "country country_coarse match name role role_coarse sealed unit "
    "unit_coarse",
    "transcript": "language origin recording words",
    "statement": "corrects denies first_hand hedged language met_day met_month "
    "met_year passage quote recording span speaker transcript translation",
    "hearing": "blind by statement text",
    "sentence": "by capture claim hints on says where",
    "assessment": "by confidence dismissal rationale scope sentence stance statement "
    "supersedes",
    "lead": "asks by command statement",
    "answer": "boundary code content estate lead proof says",
}


class Form(NamedTuple):
    """What an entry of a kind is made of.

    Attributes:
        values: The values that it has, and what each may be.
        digests: The digests that it has; one behind `may` may be missing.
        commitments: The same of its commitments.
        may: Names that an entry may leave out.
    """

    values: Mapping[str, re.Pattern[str]] = {}
    digests: tuple[str, ...] = ()
    commitments: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


FORMS: Mapping[str, Form] = {
    "opened": Form({"origin": _ORIGIN}),
    "check": Form(
        {"as_of": _TIME, "claims": _COUNT, "version": _VERSION},
        ("boundary", "estate", "facts", "report"),
    ),
    "verdict": Form(
        {"as_of": _TIME, "claim": _COUNT, "verdict": _VERDICTS},
        ("boundary", "estate", "facts", "payload", "proof"),
        ("id", "said"),
        may=("proof", "said"),
    ),
    "document": Form({}, ("document", "payload"), ("name",)),
    "decision": Form(
        {"allowed": _COUNT, "denied": _COUNT},
        ("boundary", "decisions", "estate", "payload", "scene"),
    ),
    "shadow": Form(
        {"allowed": _COUNT, "denied": _COUNT},
        ("boundary", "decisions", "estate", "payload", "scene"),
    ),
    "key": Form({"key": re.compile(_KEY), "state": re.compile("|".join(KEY_STATES))}),
    "closed": Form({"keys": _KEYS, "next": _ORIGIN}),
    "continued": Form({"origin": _ORIGIN, "size": _COUNT}, ("checkpoint", "root")),
    "exception": Form(
        {"step": re.compile("|".join(STEPS))}, ("boundary", "payload"), ("name", "step")
    ),
    "epoch": Form(
        {"keys": _COUNT, "number": _COUNT, "subjects": _COUNT}, ("epoch", "root")
    ),
    "contracts": Form({"as_of": _TIME}, ("boundary", "contracts", "estate")),
    "meter": Form({"number": _COUNT}, ("meter",)),
    "release": Form(
        {
            "coverage": re.compile("|".join(COVERAGES)),
            "number": _COUNT,
            "verdict": re.compile("|".join(RULINGS)),
        },
        (
            *("boundary", "content", "contract", "epoch", "estate", "meter"),
            *("output", "payload"),
        ),
        ("channel", "receipt"),
        may=("estate", "meter", "number", "output"),
    ),
    "custody": Form(
        {"step": re.compile("|".join(CUSTODY))},
        ("payload",),
        ("by", "detail", "step", "thing"),
    ),
    **{
        kind: Form({}, ("payload",), tuple(fields.split()))
        for kind, fields in DOCKET.items()
    },
    "heartbeat": Form(),
    "erased": Form({"reason": re.compile("|".join(REASONS))}, ("payload",)),
}


class Entry(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One entry.

    Attributes:
        kind: What it tells of.
        time: When the writer says it was written: `2026-11-22T10:00:00Z`.
        digests: SHA-256 of files, by name.
        commitments: Salted SHA-256 of values that are told elsewhere, by name.
        values: What is told here, out of closed lists.
    """

    kind: str
    time: str
    digests: dict[str, str] = {}
    commitments: dict[str, str] = {}
    values: dict[str, str] = {}

    @property
    def is_known(self) -> bool:
        """Whether this version knows entries of the kind."""
        return self.kind in FORMS

    @property
    def content(self) -> bytes:
        """Return the entry as it is logged."""
        return _encoder.encode(self)


class _Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    salts: dict[str, str]
    values: dict[str, msgspec.Raw]


_decoder = msgspec.json.Decoder(Entry)
_payload_decoder = msgspec.json.Decoder(_Payload)


def made(
    kind: str,
    time: str,
    *,
    digests: Mapping[str, str] = {},
    commitments: Mapping[str, str] = {},
    values: Mapping[str, str] = {},
) -> bytes:
    """Return an entry as it is logged.

    Args:
        kind: One of `FORMS`.
        time: When it is written.
        digests: SHA-256 in hexadecimal.
        commitments: As `committed` returns them.
        values: As the kind has them.

    Raises:
        ConfigError: It isn't what an entry of that kind is made of.
    """
    marked = {name: f"sha256:{one}" for name, one in digests.items()}
    entry = Entry(kind, time, marked, dict(commitments), dict(values))
    if not entry.is_known:
        raise ConfigError(f"an entry can't be of the kind `{kind}`")
    try:
        _check(entry, f"the entry `{kind}`")
    except ProofError as error:
        raise ConfigError.of(error.problems) from None
    return entry.content


def parse_entry(content: bytes, place: str = "the entry") -> Entry:
    """Return what an entry says.

    Of a kind that a later version brought, only the shape is looked at.

    Args:
        content: The entry as it is logged.
        place: What messages call it.

    Raises:
        ProofError: It is no entry, or isn't spelt as it has to be.
    """
    at = Locus(place)
    if len(content) > LONGEST:
        raise ProofError(f"is longer than {LONGEST:,} bytes", at)
    try:
        entry = _decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProofError(f"is no entry: {_told(error)}", at) from None
    if entry.content != content:
        raise ProofError("is not spelt in the one way that an entry is", at)
    _check(entry, place)
    return entry


def _check(entry: Entry, place: str) -> None:
    """Check that an entry is made of what its kind has."""
    at = Locus(place)
    if not _KIND.fullmatch(entry.kind):
        raise ProofError("its kind is no word", at)
    _check_time(entry.time, at)
    for name, digest in (*entry.digests.items(), *entry.commitments.items()):
        if not (_NAME.fullmatch(name) and _DIGEST.fullmatch(digest)):
            raise ProofError(f"`{name[:40]}` is no digest", at)
    form = FORMS.get(entry.kind)
    if form is None:
        _check_shape(entry, at)
        return
    _check_names(form.digests, entry.digests, form.may, at)
    _check_names(form.commitments, entry.commitments, form.may, at)
    _check_names(tuple(form.values), entry.values, form.may, at)
    for name, value in entry.values.items():
        if not (form.values[name].fullmatch(value) and value.isprintable()):
            raise ProofError(f"`{name}` can't be `{value[:60]}`", at)
        if form.values[name] is _TIME:
            _check_time(value, at)


def _check_names(
    wanted: tuple[str, ...], found: Mapping[str, str], may: tuple[str, ...], at: Locus
) -> None:
    if extra := sorted(set(found) - set(wanted)):
        raise ProofError(f"an entry of its kind has no `{extra[0][:40]}`", at)
    if missing := sorted(set(wanted) - set(found) - set(may)):
        raise ProofError(f"an entry of its kind has `{missing[0]}`", at)


def _check_shape(entry: Entry, at: Locus) -> None:
    """Check what is true of every entry, whatever kinds there will be."""
    maps = (entry.digests, entry.commitments, entry.values)
    if any(len(one) > _MOST for one in maps):
        raise ProofError(f"has more than {_MOST} names", at)
    if any(not _NAME.fullmatch(name) for name in entry.values):
        raise ProofError("a name of a value is no word", at)


def _check_time(text: str, at: Locus) -> None:
    try:
        if _TIME.fullmatch(text):
            datetime.fromisoformat(text)
            return
    except ValueError:
        pass
    raise ProofError(f"`{text[:40]}` is no time", at, "write `2026-11-22T10:00:00Z`")


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a content, in hexadecimal."""
    return sha256(content).hexdigest()


def canonical(value: object) -> bytes:
    """Return a value as canonical JSON."""
    return _encoder.encode(value)


def committed(
    values: Mapping[str, object],
    salts: Callable[[int], bytes] = secrets.token_bytes,
) -> tuple[dict[str, str], bytes]:
    """Return commitments to values, and the payload that opens them.

    Whoever has a commitment alone can't try values out: each has a salt of its own.
    """
    drawn = {name: salts(SALT) for name in values}
    payload = {
        "salts": {name: salt.hex() for name, salt in drawn.items()},
        "values": dict(values),
    }
    found = {name: _commitment(drawn[name], canonical(values[name])) for name in values}
    return found, canonical(payload)


def opened(entry: Entry, payload: bytes) -> dict[str, object]:
    """Return the values that an entry commits to, as its payload tells them.

    Raises:
        ProofError: The payload isn't the entry's, or tells other values.
    """
    at = Locus("the payload")
    if entry.digests.get("payload") != f"sha256:{digest_of(payload)}":
        raise ProofError("is not the one that the entry names", at)
    try:
        told = _payload_decoder.decode(payload)
        values = {name: msgspec.json.decode(one) for name, one in told.values.items()}
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProofError(f"opens no commitment: {_told(error)}", at) from None
    if canonical({"salts": told.salts, "values": values}) != payload:
        raise ProofError("is not spelt in the one way that a payload is", at)
    if not told.salts.keys() == values.keys() == entry.commitments.keys():
        raise ProofError("doesn't tell what the entry commits to", at)
    for name, salt in told.salts.items():
        right = _SALT.fullmatch(salt) and _commitment(
            bytes.fromhex(salt), canonical(values[name])
        )
        if right != entry.commitments[name]:
            raise ProofError(f"tells another `{name}` than the entry commits to", at)
    return values


def _commitment(salt: bytes, value: bytes) -> str:
    return f"sha256:{sha256(salt + value).hexdigest()}"


def _told(error: Exception) -> str:
    """Return what a parser says, as a message says it."""
    text = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    return text[:1].lower() + text[1:200]
