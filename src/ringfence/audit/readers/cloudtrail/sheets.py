"""From the items of a file to sheets: columns of numbers, batch by batch."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from ringfence.audit.event import (
    CODED,
    NO_ROWS,
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
_DIGITS = np.array([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18])
_MARKS = np.array([4, 7, 10, 13, 16, 19])
_PLAIN = 20  # characters of `2023-07-10T12:11:15Z`
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


class Sheets:
    """Turns the batches of one file into sheets; remembers what it has decoded."""

    def __init__(self, words: Mapping[str, Words], depth: int) -> None:
        """Begin a file; `depth` segments of the keys of objects are kept."""
        self._words = words
        self._touching = Touching(words["touch"], depth)
        self._numbers: dict[bytes, int] = {}
        self._addresses = _Numbers(words["address"])
        self._programs = _Numbers(words["application"])
        self._who: list[tuple[int, int, int, str]] = []

    def sheet(self, batch: Batch) -> Sheet:
        """Return the sheet of a batch; items that aren't sound become malformed."""
        time, unfit = instants([entry.event_time for entry in batch.entries])
        who = self._identities([bytes(entry.identity) for entry in batch.entries])
        reasons = dict.fromkeys(unfit, "its eventTime is no instant with an offset")
        for place in np.flatnonzero(who < 0):
            reasons.setdefault(int(place), "its userIdentity can't be read")
        if reasons:
            batch, kept = _without(batch, reasons)
            time, who = time[kept], who[kept]
        return self._columns(batch, time, who)

    def _identities(self, texts: list[bytes]) -> Ints:
        """Return for each text its place among those known; -1 if it can't be read."""
        known = self._numbers
        if len(known) > _MOST:
            known.clear()
            self._who.clear()
        for text in {*texts} - known.keys():
            found = identity.who(text)
            known[text] = -1 if found is None else len(self._who)
            if found is not None:
                codes = (
                    self._words["actor"].code(found.actor),
                    self._words["behind"].code(found.behind),
                    self._words["credential"].code(found.credential),
                )
                self._who.append((*codes, found.service))
        return np.fromiter(map(known.__getitem__, texts), np.int64, len(texts))

    def _columns(self, batch: Batch, time: Ints, who: Ints) -> Sheet:
        entries = batch.entries
        did = [self._touching.did(entry) for entry in entries]
        codes = np.array([one[:3] for one in self._who], np.int32).reshape(-1, 3)[who]
        places = np.array(batch.places, np.int64).reshape(-1, 3)
        columns = {
            "actor": codes[:, 0],
            "behind": codes[:, 1],
            "credential": codes[:, 2],
            "issued": self._issued(entries),
            "session": np.full(len(entries), self._words["session"].code(""), np.int32),
            "application": self._applications(entries, who),
            "address": self._addresses.codes([entry.address for entry in entries]),
            "touch": np.array([touch for _, touch in did], np.int32),
        }
        return Sheet(
            time=time,
            verb=np.array([verb for verb, _ in did], np.int8),
            ending=np.array([ending(entry) for entry in entries], np.int8),
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
        texts = [bytes(entry.response_elements) for entry in entries]
        words = self._words["issued"]
        codes = np.full(len(entries), words.code(""), np.int32)
        keyed = [n for n, text in enumerate(texts) if b'"accessKeyId"' in text]
        for place in keyed:
            codes[place] = words.code(identity.issued(texts[place]))
        return codes

    def _applications(self, entries: list[Entry], who: Ints) -> Codes:
        """Return the program: the service that called, else what the caller says."""
        services = [one[3] for one in self._who]
        told = [
            services[place] or entry.agent
            for entry, place in zip(entries, who.tolist(), strict=True)
        ]
        return self._programs.codes(told)


def ending(entry: Entry) -> Ending:
    """Return how an event ended: whatever failed obtained nothing.

    A sign-in that fails has a message without a code.
    """
    if entry.error_code or (entry.error_message and entry.event_source == _SIGN_IN):
        return Ending.DENIED
    return Ending.DONE


def instants(texts: Sequence[str]) -> tuple[Ints, list[int]]:
    """Return microseconds since 1970, and the places of texts that are no instant."""
    if not texts:
        return np.zeros(0, np.int64), []
    plain = _plain_instants(texts)
    if plain is not None:
        return plain, []
    found = [instant(text) for text in texts]
    unfit = [place for place, one in enumerate(found) if one is None]
    return np.array([one or 0 for one in found], np.int64), unfit


def _plain_instants(texts: Sequence[str]) -> Ints | None:
    """Return instants that are all written `2023-07-10T12:11:15Z`, else None."""
    if any(len(text) != _PLAIN for text in texts):
        return None
    try:
        grid = np.frombuffer("".join(texts).encode("ascii"), np.uint8)
        grid = grid.reshape(-1, _PLAIN)
        marks = np.frombuffer(b"--T::Z", np.uint8)
        digits = grid[:, _DIGITS] - ord("0")
        if not ((grid[:, _MARKS] == marks).all() and (digits <= 9).all()):  # noqa: PLR2004
            return None
        without = np.ascontiguousarray(grid[:, : _PLAIN - 1]).view("S19").ravel()
        return without.astype("M8[us]").astype(np.int64)
    except ValueError:
        return None


def instant(text: str) -> int | None:
    """Return microseconds since 1970; None for what is no instant, or has no offset."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        return None


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
