"""What a line of a log becomes: one event, the same for every format.

An event is somebody who touched something at a time, with the bytes that say so. A
reader gives events in sheets: columns of one length, words replaced by numbers, for
millions of lines share few words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import msgspec
import numpy as np
import numpy.typing as npt

from ringfence.boundary.vocabulary import VERBS

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]

# What was done to what was touched; the first means that nothing was that counts.
DONE = ("none", *VERBS)
VERB_CODE: Mapping[str, int] = {verb: code for code, verb in enumerate(DONE)}
NO_ROWS = -1  # the log doesn't say how many rows


class Ending(IntEnum):
    """How an event ended."""

    DONE = 0
    DENIED = 1  # refused or failed: nothing was obtained
    TOLD = 2  # the same happening stands in another log, and is judged there


# A column of what a statement makes for itself, a function's result: nobody knows.
SOMEWHERE = "column:?"


class Touch(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one event touched.

    Ids are nodes of the estate (`column:warehouse/accounts.profile.email`,
    `dataset:warehouse/accounts.profile`, `store:archive`) or a foreign name
    (`arn:aws:s3:::exports`) that the log's order translates later.

    Attributes:
        columns: Columns that were surely touched: the line says whose they are.
        whole: Datasets or stores of which everything was touched (`SELECT *`).
        part: Datasets or stores of which something was touched, nobody can say what.
        unclear: The line doesn't tell what was touched.
        either: For each column that is named without its table the columns that it may
            be, in the order in which SQL looks for the name. Of each group the first
            that exists was touched; which that is, the estate knows. What is made by
            the statement itself is `SOMEWHERE`.
        only: The dataset that the line is of, if it tells of one alone: what of
            `either` turns out to be another's counts nothing.
    """

    columns: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    unclear: bool = False
    either: tuple[tuple[str, ...], ...] = ()
    only: str = ""

    def text(self) -> str:
        """Return the canonical text, the word that the table of events keeps."""
        columns, whole, part = (
            tuple(sorted({*ids})) for ids in (self.columns, self.whole, self.part)
        )
        either = tuple(sorted({*self.either}))
        only = self.only if either else ""
        touch = Touch(columns, whole, part, self.unclear, either, only)
        return _encoder.encode(touch).decode()

    def names(self) -> tuple[str, ...]:
        """Return everything that may have been touched, once each."""
        maybe = (
            node
            for group in self.either
            for node in group
            if node != SOMEWHERE and _lies_in(node, self.only)
        )
        return tuple(dict.fromkeys((*self.columns, *self.whole, *self.part, *maybe)))


def _lies_in(column: str, dataset: str) -> bool:
    return not dataset or dataset_of(column) == dataset


def dataset_of(column: str) -> str:
    """Return the dataset that a column's id says it lies in."""
    return f"dataset:{column.partition(':')[2].rpartition('.')[0]}"


_encoder = msgspec.json.Encoder(order="sorted")
NOTHING = Touch()  # a sign-in, a heartbeat: nothing that could be protected


def touch_of(text: str) -> Touch:
    """Return the touch that `Touch.text` wrote."""
    return msgspec.json.decode(text, type=Touch)


# Columns whose words are numbered, each in a numbering of its own.
CODED = (
    "actor",  # who the log says did it: a node's id, or the log's own name
    "behind",  # whom the log names behind the actor; empty when it names nobody
    "credential",  # key or token that was used
    "issued",  # key or token that the event handed out
    "session",
    "application",
    "address",  # where it came from: an address, or a foreign name; empty when unsaid
    "touch",
)


class Words:
    """Numbers for the words of a column, from 0 in the order of their coming."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many words there are."""
        return len(self._codes)

    def code(self, word: str) -> int:
        """Return the number of a word, a new one if it is new."""
        return self._codes.setdefault(word, len(self._codes))

    def codes(self, words: Iterable[str]) -> Codes:
        """Return the numbers of words, in their order."""
        code = self.code
        return np.fromiter((code(word) for word in words), np.int32)

    def all(self) -> list[str]:
        """Return every word, by its number."""
        return list(self._codes)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A stretch of a log that is no event and can't be read as anything else.

    Attributes:
        offset: First byte, in the unpacked content.
        length: How many bytes, its line end left out.
        line: Number of its first line, from 1.
        reason: What is wrong with it, in words.
    """

    offset: int
    length: int
    line: int
    reason: str


@dataclass(slots=True)
class Sheet:
    """Some events of one file, as columns of one length.

    Attributes:
        time: When, in microseconds since 1970, UTC.
        verb: What was done: a place in `DONE`.
        ending: How it ended: an `Ending`.
        rows: How many rows; `NO_ROWS` when the log doesn't say.
        coded: For each of `CODED` the numbers of its words (see `Words`).
        uid: The log's own id of the event, by which it is the same in another file;
            empty when it has none. Ids are compared within one log.
        request: Id of the request that it is part of; empty when unsaid.
        offset: First byte of what says so, in the unpacked content of the file.
        length: How many bytes, the line end left out.
        line: Number of its first line, from 1; in a document that is one line, 1.
        subjects: Whose data was touched, as far as the log names them: ids by the
            place of the event in the sheet.
        malformed: What could not be read.
        beats: Times of lines that are no event but show that the log was alive.
        asides: How many lines (or items of a document) are no event, read and left out.
    """

    time: Ints
    verb: Bytes
    ending: Bytes
    rows: Ints
    coded: dict[str, Codes]
    uid: list[str]
    request: list[str]
    offset: Ints
    length: Ints
    line: Ints
    subjects: dict[int, tuple[str, ...]] = field(default_factory=dict)
    malformed: list[Malformed] = field(default_factory=list)
    beats: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    asides: int = 0

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.time)
