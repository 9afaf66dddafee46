"""Heads that a connection knows: what is kept, and that they change no answer."""

from __future__ import annotations

import asyncio
import json

import pytest

from ringfence.gate.service.app import Service
from ringfence.gate.service.callers import Callers
from ringfence.gate.service.direct import Desk, Direct
from ringfence.gate.service.heads import END, LONGEST, MOST, Head, Heads
from ringfence.gate.service.speaking import prompts
from tests.diff.test_gate_direct import (
    GOOD,
    PLAIN,
    around,
    built,
    question,
    said,
    spoken,
    straight,
)

BEGIN = b"POST /a HTTP/1.1\r\nhost: gate\r\n\r\n"
LI = json.dumps(question("li")).encode()
MEI = json.dumps(question("me")).encode()  # of the same length
LONG = json.dumps(question("somebody")).encode()
LATE = said(b" " * 70_000, *GOOD)  # is refused before its body is there
CUT = LATE.index(END) + len(END)
CLOSING = said(LI, *GOOD, "connection: close")
PADDED = said(LI + b"  ", *GOOD)
NAMED = said(LI, *GOOD, "x-request-id: r-1")
EARLY = (
    LATE[:CUT],
    PLAIN,  # the body of the one before, and no request
    b" " * (70_000 - len(PLAIN)),
    PLAIN,
)


def known(length: int = 2, reference: bytes | None = None) -> Head:
    return Head(b"/a", b"token", {}, reference, length)


def kept(data: bytes, head: Head) -> list[bytes]:
    heads = Heads()
    heads.keep(data, head)
    return [*heads]


def test_a_head_is_kept_by_all_of_its_bytes():
    """What stands before the body is what it is known by."""
    assert kept(BEGIN + b"{}", known()) == [BEGIN]


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (b"", known()),
        (BEGIN, known(0)),
        (BEGIN + b"{}x", known()),
        (BEGIN + b"{}" + BEGIN + b"{}", known()),
        (b"\r\n\r\n" + BEGIN + b"{}", known()),
        (b"POST /a HTTP/1.1\nhost: gate\r\n\r\n{}", known()),
        (b"POST /a HTTP/1.1\n\nhost: gate\r\n\r\n{}", known()),
        (BEGIN + b"{}", known(reference=b"r-1")),
        (BEGIN[:-2] + b"x: " + b"y" * LONGEST + END + b"{}", known()),
    ],
)
def test_what_may_be_read_otherwise_is_not_kept(data: bytes, head: Head):
    """Nothing stands before it or behind it, no line ends otherwise, none is long."""
    assert kept(data, head) == []


def test_a_connection_knows_some_heads_alone():
    """Ever new heads fill no memory."""
    heads = Heads()
    for number in range(5 * MOST):
        heads.keep(b"a: %d%b{}" % (number, END), known())
        assert len(heads) <= MOST


@pytest.mark.parametrize(
    "pieces",
    [
        [PLAIN, said(MEI, *GOOD), PLAIN],
        [PLAIN, said(LONG, *GOOD), PLAIN, said(LONG, *GOOD)],
        [PLAIN, PLAIN[:-1], PLAIN[-1:], PLAIN],
        [PLAIN, PLAIN + b"x"],
        [PLAIN, PLAIN + PLAIN, PLAIN],
        [PLAIN, PLAIN[: -len(LI)], LI, PLAIN],
        [PLAIN, b"\r\n" + PLAIN, PLAIN],
        [PLAIN, b"\r\n", PLAIN],
        [PLAIN, b"P", PLAIN],
        [PLAIN, PLAIN[: -len(LI)] + LI[:-1] + b"x", PLAIN],
        [PLAIN, PLAIN[: -len(LI)] + b"[" * len(LI), PLAIN],
        [PLAIN, built(frame="chunks"), PLAIN],
        [PLAIN, built(other="expect: 100-continue"), PLAIN],
        [PLAIN, built(other="connection: upgrade\r\nupgrade: h2c"), PLAIN],
        [PLAIN, PLAIN + b"  ", PLAIN],
        [PADDED, PADDED[:-2], b"  ", PLAIN],
        [PLAIN, *EARLY],
        [PLAIN, *EARLY[:2], PLAIN],
        [PLAIN, CLOSING, PLAIN],
        [NAMED, NAMED, PLAIN, NAMED],
    ],
)
def test_a_known_head_changes_nothing(pieces: list[bytes]):
    """Whatever comes between, all is said and logged as the application has it."""
    first = asyncio.run(spoken(straight, pieces))
    assert first == asyncio.run(spoken(around, pieces))


@pytest.mark.parametrize(("burst", "fails"), [(1, 100), (2, 100), (100, 1), (100, 2)])
def test_a_known_head_gives_no_right(burst: int, fails: int):
    """Bounds and the ledger count for each request, whatever it begins with."""
    pieces = [PLAIN] * 4
    first = asyncio.run(spoken(straight, pieces, burst=burst, fails=fails))
    assert first == asyncio.run(spoken(around, pieces, burst=burst, fails=fails))


class Counting(Direct):
    """A connection that says how often something was parsed."""

    parsed = 0

    def on_message_begin(self) -> None:
        """Count a request."""
        Counting.parsed += 1
        super().on_message_begin()


def counting(service: Service) -> type[Direct]:
    desk = Desk(service, prompts(""))
    return type("Kind", (Counting,), {"desk": desk, "limits": service.limits})


def test_what_is_known_is_not_parsed_again():
    """The second request like the first is answered by its bytes."""
    Counting.parsed = 0
    found = asyncio.run(spoken(counting, [PLAIN, said(MEI, *GOOD), PLAIN]))
    assert found.replies == {200: 3}
    assert Counting.parsed == 1


def test_a_token_that_is_taken_back_opens_nothing(monkeypatch):
    """Whose token it is, is asked each time: a head that is known shows nobody."""
    asked: list[bytes] = []
    of_token = Callers.of_token

    def once(self: Callers, token: bytes) -> object:
        asked.append(token)
        return of_token(self, token) if len(asked) == 1 else None

    monkeypatch.setattr(Callers, "of_token", once)
    found = asyncio.run(spoken(straight, [PLAIN, PLAIN]))
    assert found.replies == {200: 1, 401: 1}
