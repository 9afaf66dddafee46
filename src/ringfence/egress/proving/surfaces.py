"""Surfaces of the exit, as whoever sends something through them sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from ringfence.egress.channels.judge import Verdict
from ringfence.egress.exit.passage import Exit, UnjudgedError
from ringfence.egress.payload import Payload
from ringfence.egress.proving.tries import Try


class Outcome(StrEnum):
    """What became of a try."""

    BLOCKED = "blocked"
    HELD = "held"
    LEFT = "LEFT"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a surface did with a try.

    Attributes:
        tried: The try.
        outcome: What became of it.
        note: More of it: no value.
    """

    tried: Try
    outcome: Outcome
    note: str = ""


class Surface(Protocol):
    """A way out that the exit stands in."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def places(self) -> frozenset[str]:
        """Where beside a body it can carry something: `name`, `header`; or `row`."""
        ...

    def ask(self, tries: Sequence[Try]) -> Iterator[Answer]:
        """Send every try, and yield what became of each.

        Raises:
            RingfenceError: It can't be tried at all.
            OSError: It can't be tried at all.
        """
        ...


@dataclass(frozen=True, slots=True)
class Library:
    """The exit itself.

    Attributes:
        opened: Opens the exit.
        channel: Name of the channel.
    """

    opened: Callable[[], AbstractContextManager[Exit]]
    channel: str
    name: str = "library"
    places: frozenset[str] = frozenset({"name", "header"})

    def ask(self, tries: Sequence[Try]) -> Iterator[Answer]:
        """Judge every try.

        Raises:
            RingfenceError: The exit can't be opened.
            OSError: The exit can't be opened.
        """
        with self.opened() as found:
            for one in tries:
                yield self._asked(found, one)

    def _asked(self, exit_: Exit, tried: Try) -> Answer:
        carried = tried.carried
        name = f"{carried.name or 'figures'}{carried.suffix}"
        payload = Payload(name, carried.content, stated=carried.stated)
        try:
            passage = exit_.judge(self.channel, payload)
        except UnjudgedError as error:
            return Answer(tried, Outcome.NO_ANSWER, error.problems[0].message)
        if passage.may_leave:
            return Answer(tried, Outcome.LEFT, str(passage.ruling.verdict))
        is_block = passage.ruling.verdict is Verdict.BLOCK
        return Answer(tried, Outcome.BLOCKED if is_block else Outcome.HELD)
