"""From the items of a file to sheets: columns of numbers, batch by batch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from ringfence.audit.event import (
    CODED,
    NO_ROWS,
    Bytes,
    Codes,
    Ending,
    Ints,
    Malformed,
    Sheet,
    Words,
)
from ringfence.audit.readers.cloudtrail import identity
from ringfence.audit.readers.cloudtrail.entries import Batch
from ringfence.audit.readers.cloudtrail.fields import Entry
from ringfence.audit.readers.cloudtrail.touching import Touching

_MOST = 200_000  # texts that are remembered, so that memory stays bounded
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)", re.ASCII
)
# What the parts of `2021-09-01T10:30:59Z` behind the day mean.
_MINUTES = {
    f"T{minute // 60:02}:{minute % 60:02}": minute * 60_000_000
    for minute in range(24 * 60)
}
_SECONDS = {f":{second:02}Z": second * 1_000_000 for second in range(60)}
_TOLD = ("actor", "behind", "credential")
_FIRST = 1 << 10  # callers that there is room for at first
_NULL = b"null"
_KEY = b'"accessKeyId"'
_SIGN_IN = "signin.amazonaws.com"


class _Numbers(dict[str | None, int]):
    """Numbers of the words of a column, at the speed of a look-up."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words

    def __missing__(self, word: str | None) -> int:
        if len(self) > _MOST:
            self.clear()
        number = self[word] = self._words.code(word or "")
        return number

    def codes(self, words: list[str | None]) -> Codes:
        return np.fromiter(map(self.__getitem__, words), np.int32, len(words))


class Times(dict[str, int | None]):
    """Microseconds since 1970; None for what is no instant."""

    def __init__(self) -> None:
        super().__init__()
        self._days: dict[str, int] = {}

    def __missing__(self, text: str) -> int | None:
        if len(self) > _MOST:
            self.clear()
            self._days.clear()
        value = self[text] = self._instant(text)
        return value

    def _instant(self, text: str) -> int | None:
        """Return an instant; of a whole second in UTC from what its parts mean."""
        minutes, seconds = _MINUTES.get(text[10:16]), _SECONDS.get(text[16:])
        if minutes is None or seconds is None:
            return instant(text)
        midnight = self._days.get(text[:10])
        if midnight is None:
            midnight = instant(f"{text[:10]}T00:00:00Z")
            if midnight is None:
                return None
            self._days[text[:10]] = midnight
        return midnight + minutes + seconds


class _Callers(dict[bytes, int]):
    """Places of those who called, by what `userIdentity` says; -1 if it can't be read.

    Attributes:
        codes: For each place the numbers of actor, behind and credential; room for
            more is behind them.
        services: For each place the service that called.
        has_service: There is a service among them.
    """

    def __init__(self, words: Mapping[str, Words]) -> None:
        super().__init__()
        self._words = [words[name] for name in _TOLD]
        self.codes = np.zeros((len(_TOLD), _FIRST), np.int32)
        self.services: list[str] = []
        self.has_service = False

    def __missing__(self, text: bytes) -> int:
        found = identity.who(text)
        if found is None:
            return -1
        told = (found.actor, found.behind, found.credential)
        number = self[text] = len(self.services)
        if number == self.codes.shape[1]:
            self.codes = np.concatenate((self.codes, self.codes), axis=1)
        pairs = zip(self._words, told, strict=True)
        self.codes[:, number] = [words.code(word) for words, word in pairs]
        self.services.append(found.service)
        self.has_service = self.has_service or bool(found.service)
        return number

    def bound(self) -> None:
        """Forget everybody once it is too many."""
        if len(self) > _MOST:
            self.clear()
            self.services, self.has_service = [], False

    def told(self, places: list[int]) -> Codes:
        """Return the numbers of actors, behind them, and of credentials, at places."""
        return self.codes[:, np.array(places, np.int64)]


class Sheets:
    """Turns the batches of one file into sheets; remembers what it has decoded."""

    def __init__(self, words: Mapping[str, Words], depth: int) -> None:
        """Begin a file; `depth` segments of the keys of objects are kept."""
        self._words = words
        self._touching = Touching(words["touch"], depth)
        self._times = Times()
        self._callers = _Callers(words)
        self._addresses = _Numbers(words["address"])
        self._programs = _Numbers(words["application"])

    def sheet(self, batch: Batch) -> Sheet:
        """Return the sheet of a batch; items that aren't sound become malformed."""
        entries = batch.entries
        self._callers.bound()
        said = [entry.event_time for entry in entries]
        times = list(map(self._times.__getitem__, said))
        texts = map(bytes, [entry.identity for entry in entries])
        who = list(map(self._callers.__getitem__, texts))
        if None in times or -1 in who:
            batch, kept = _without(batch, _reasons(times, who))
            times, who = (
                [times[place] for place in kept],
                [who[place] for place in kept],
            )
        return self._columns(batch, np.array(times, np.int64), who)

    def _columns(self, batch: Batch, time: Ints, who: list[int]) -> Sheet:
        entries = batch.entries
        did = self._touching.did(entries)
        places = np.array(batch.places, np.int64).reshape(-1, 3)
        columns = {
            **dict(zip(_TOLD, self._callers.told(who), strict=True)),
            "issued": self._issued(entries),
            "session": np.full(len(entries), self._words["session"].code(""), np.int32),
            "application": self._applications(entries, who),
            "address": self._addresses.codes([entry.address for entry in entries]),
            "touch": np.array([touch for _, touch in did], np.int32),
        }
        return Sheet(
            time=time,
            verb=np.array([verb for verb, _ in did], np.int8),
            ending=_endings(entries),
            rows=np.full(len(entries), NO_ROWS, np.int64),
            coded={name: columns[name] for name in CODED},
            uid=[entry.event_id or "" for entry in entries],
            request=[entry.request_id or "" for entry in entries],
            offset=places[:, 0],
            length=places[:, 1],
            line=places[:, 2],
            malformed=batch.malformed,
            asides=batch.asides,
        )

    def _issued(self, entries: list[Entry]) -> Codes:
        texts = list(map(bytes, [entry.response_elements for entry in entries]))
        words = self._words["issued"]
        codes = np.full(len(entries), words.code(""), np.int32)
        for place, text in enumerate(texts):
            if text != _NULL and _KEY in text:
                codes[place] = words.code(identity.issued(text))
        return codes

    def _applications(self, entries: list[Entry], who: list[int]) -> Codes:
        """Return the program: the service that called, else what the caller says."""
        services = self._callers.services
        told = [entry.agent for entry in entries]
        if self._callers.has_service:
            pairs = zip(told, who, strict=True)
            told = [services[place] or agent for agent, place in pairs]
        return self._programs.codes(told)


def _endings(entries: list[Entry]) -> Bytes:
    """Return how events ended: whatever failed obtained nothing.

    A sign-in that fails has a message without a code.
    """
    failed = [
        bool(one.error_code or (one.error_message and one.event_source == _SIGN_IN))
        for one in entries
    ]
    return np.where(failed, Ending.DENIED, Ending.DONE).astype(np.int8)


def instants(texts: Sequence[str]) -> tuple[Ints, list[int]]:
    """Return microseconds since 1970, and the places of texts that are no instant."""
    found = [instant(text) for text in texts]
    unfit = [place for place, one in enumerate(found) if one is None]
    return np.array([one or 0 for one in found], np.int64), unfit


def instant(text: str) -> int | None:
    """Return microseconds since 1970; None for what is no instant, or has no offset."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None


def _reasons(times: list[int | None], who: list[int]) -> dict[int, str]:
    """Return why items aren't sound, by their places."""
    no_time = (place for place, time in enumerate(times) if time is None)
    reasons = dict.fromkeys(no_time, "its eventTime is no instant with an offset")
    for place, number in enumerate(who):
        if number < 0:
            reasons.setdefault(place, "its userIdentity can't be read")
    return reasons


def _without(batch: Batch, reasons: Mapping[int, str]) -> tuple[Batch, list[int]]:
    """Return a batch without the items that have a reason, which become malformed."""
    kept = [place for place in range(len(batch.entries)) if place not in reasons]
    places = np.array(batch.places, np.int64).reshape(-1, 3)
    malformed = [_malformed(places[place], reason) for place, reason in reasons.items()]
    every = sorted([*batch.malformed, *malformed], key=lambda one: one.offset)
    entries = [batch.entries[place] for place in kept]
    return Batch(entries, places[kept], every, batch.asides), kept


def _malformed(place: Ints, reason: str) -> Malformed:
    offset, length, line = place.tolist()
    return Malformed(offset, length, line, reason)
