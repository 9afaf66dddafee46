"""A small scene, a ledger, and a service in this process: what tests of the gate ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Dataset, Known, Leave, Marker, Scene
from ringfence.boundary.model import Attribute, Gate, Owned, Selector
from ringfence.boundary.status import Status
from ringfence.gate.point.asked import Asked, Caller
from ringfence.gate.point.book import Book
from ringfence.gate.point.live import Held, LivePoint
from ringfence.gate.point.recording import Pace, Recorder
from ringfence.gate.service.app import Service
from ringfence.gate.service.callers import Callers, digest_of
from ringfence.gate.service.callers import Known as Caller_
from ringfence.ledger.entries import Entry, parse_entry
from ringfence.ledger.keeping.opening import begin
from ringfence.ledger.keeping.payloads import Payloads
from ringfence.ledger.keeping.showing import Shelf
from ringfence.ledger.writer.disk import RealDisk

T = TypeVar("T")
SINCE, UNTIL = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
NOW = "2026-11-22T10:00:00Z"
WORD = "a token that nobody guesses"
USERS, EMAIL = "dataset:wh/s.people", "column:wh/s.people.email"
ANN, LI = "person:ann", "person:li"


def scene(*, publish: bool = False, until: str = UNTIL, cap: int = 3) -> Scene:
    """Return a scene in which Li is excluded and Ann isn't."""
    return Scene(
        boundary="b" * 64,
        estate="e" * 64,
        since=SINCE,
        until=until,
        gate=Gate(("northern",), publish=publish, exceptions=("repair",)),
        selectors=(Selector("northern", Attribute("residence", ("CN",)), Owned("50")),),
        people={
            ANN: Known({"residence": ("US",)}),
            LI: Known({"residence": ("CN",)}, why={"northern": "resides in CN"}),
            "person:mei": Known({"residence": ("CN",)}),
        },
        entities={"northern": {}},
        datasets={
            USERS: Dataset(
                {"id": Status.NO, "email": Status.YES},
                rows=Marker("region", ("US",)),
                masks={"email": "hash"},
            ),
            "dataset:wh/s.plain": Dataset({"a": Status.NO}),
        },
        stores={"store:wh": (USERS, "dataset:wh/s.plain")},
        leaves=(
            Leave(
                "repair", ("person:mei",), ("wh/s.people.email",), "repair", cap, UNTIL
            ),
        ),
    )


def asked(
    principal: str = LI, resource: str = EMAIL, verb: str = "read", **more: Any
) -> Asked:
    """Return a question."""
    return Asked(Request(principal, verb, resource, **more), "tests", "authzen", "r-1")


def leave(subjects: int | None = 1) -> Asked:
    """Return a question that an exception concedes."""
    return asked("person:mei", purpose="repair", subjects=subjects)


def ledger(folder: Path) -> Path:
    """Found a ledger, and return where."""
    begin(folder, "tests.example/gate", time=NOW)
    return folder


def standing(folder: Path, **pace: float) -> LivePoint:
    """Return a decision point over a ledger, with no scene yet."""
    quick = Pace(**{"publish": 60.0, "first": 0.01, "last": 0.05, **pace})
    return LivePoint(Recorder(Book(folder), pace=quick))


def within(
    point: LivePoint,
    work: Callable[[LivePoint], Awaitable[T]],
    held: Held | None = None,
) -> T:
    """Do something while a decision point is up, and return what it gives."""

    async def run() -> T:
        await point.recorder.start()
        try:
            point.install(held or Held(scene(), UNTIL))
            return await work(point)
        finally:
            await point.recorder.close()

    return asyncio.run(run())


def decisions(folder: Path) -> dict[str, dict[str, Any]]:
    """Return every line that a ledger holds, published or not, by its id."""
    found = {}
    for number, entry in entries(folder):
        if entry.kind in ("decision", "shadow"):
            digest = entry.digests["payload"].removeprefix("sha256:")
            lines = Payloads(RealDisk(folder)).read(digest).splitlines()
            for place, line in enumerate(lines):
                found[f"{number}.{place}"] = msgspec.json.decode(line)
    return found


def entries(folder: Path) -> list[tuple[int, Entry]]:
    """Return every entry that a ledger has published."""
    shelf = Shelf(folder)
    return [(one.index, parse_entry(one.content)) for one in shelf.last(shelf.size)]


# --- a service ------------------------------------------------------------------------


def service(point: LivePoint, **parts: Any) -> Service:
    """Return a service that one caller may ask."""
    known = Caller_(Caller("tests", obeys=frozenset({"mask"})), (digest_of(WORD),))
    return Service(point, parts.pop("callers", None) or Callers([known]), **parts)


async def request(
    app: Service,
    method: str,
    path: str,
    body: bytes | Sequence[bytes] = b"",
    headers: Mapping[str, str] | None = None,
    **scope: Any,
) -> tuple[int, dict[str, str], bytes]:
    """Ask a service as its server would; return status, headers and body."""
    pieces = [body] if isinstance(body, bytes) else [*body]
    told = {"authorization": f"Bearer {WORD}", **(headers or {})}
    if isinstance(body, bytes):
        told.setdefault("content-length", str(len(body)))
    else:
        told["transfer-encoding"] = "chunked"
    messages = [
        {"type": "http.request", "body": one, "more_body": place < len(pieces) - 1}
        for place, one in enumerate(pieces)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asked_ = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(k.encode(), v.encode()) for k, v in told.items() if v],
        **scope,
    }
    await app(asked_, receive, send)
    if not sent:
        return 0, {}, b""
    found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return sent[0]["status"], found, sent[1]["body"]
