"""The proof at real surfaces, and how it is not to be fooled."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ringfence.egress.exit.made import exit_of, read_contracts
from ringfence.egress.exit.passage import Exit, UnjudgedError
from ringfence.egress.inspection import decoding, scanner
from ringfence.egress.payload import Payload
from ringfence.egress.proving.asked import Proxy
from ringfence.egress.proving.carrying import containers
from ringfence.egress.proving.forms import forms
from ringfence.egress.proving.outbox import FileGateway
from ringfence.egress.proving.proof import (
    KINDS,
    NOTHING_PASSES,
    UNEVEN,
    Asking,
    Order,
    Proof,
    Proved,
    prove_all,
    proved,
)
from ringfence.egress.proving.surfaces import Answer, Library, Outcome, Surface
from ringfence.egress.proving.tries import Try
from ringfence.errors import ConfigError, ExitCode
from ringfence.report import proof_text
from tests.exiting import AT, NOW
from tests.proving import TEXTS, listed, settings

Judged = Callable[[Callable[[], bytes]], tuple[int, bytes]]

LEFT, HELD, BLOCKED, NONE = (
    Outcome.LEFT,
    Outcome.HELD,
    Outcome.BLOCKED,
    Outcome.NO_ANSWER,
)


def silent(text: str) -> None:
    """Say nothing of what goes on."""
    del text


def asking(folder: Path, *names: str) -> Asking:
    """Return what is tried by the channel of texts: some forms, or all."""
    chosen = [one for one in forms() if not names or one.name in names]
    return Asking(listed(folder), chosen, containers(TEXTS))


def library(folder: Path) -> Library:
    """Return a real exit that holds the canaries of a list."""
    made = settings(folder)
    return Library(lambda: exit_of(made, clock=lambda: AT), "chat")


# --- a real exit ----------------------------------------------------------------------


def test_no_canary_leaves_by_a_real_exit(tmp_path: Path):
    """Index, decoders and channel keep every form of every canary inside."""
    asked = asking(tmp_path)
    found = proved(library(tmp_path), asked, silent)
    assert (found.unproven, found.lost) == ("", ())
    assert found.tries > 150
    assert {cell.outcome for cell in found.table} == {BLOCKED}
    assert {cell.form for cell in found.table} == {form.name for form in asked.forms}
    assert "text in a mail" not in found.closed


@pytest.mark.parametrize(
    ("decode", "form"),
    [
        (decoding.from_html, "HTML references"),
        (decoding.unspelled, "[at] [dot]"),
        (decoding.folded, "Cyrillic letters"),
    ],
)
def test_a_decoder_that_is_off_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decode, form: str
):
    """An inspection that lacks one decoder lets just that form out, and is told so."""
    left = tuple(one for one in decoding.DECODERS if one.decode is not decode)
    assert len(left) == len(decoding.DECODERS) - 1
    asked = asking(tmp_path, "plain", form, "reversed", "sha256")
    made = library(tmp_path)
    for one in (decoding, scanner):
        monkeypatch.setattr(one, "DECODERS", left)
    found = proved(made, asked, silent)
    assert found.has_left
    assert {one.form for one in found.lost} == {form}
    assert {(one.outcome, one.container) for one in found.lost} == {(LEFT, "text")}
    assert len(found.lost[0].content) == 64


def test_an_exit_that_cant_be_opened_is_named(tmp_path: Path):
    """A surface that can't be tried is unproven, with the reason."""
    asked = asking(tmp_path, "plain")
    gone = replace(settings(tmp_path), index=tmp_path / "gone")
    found = proved(Library(lambda: exit_of(gone), "chat"), asked, silent)
    assert found.unproven.startswith("can't be tried: ")
    assert (found.tries, found.table) == (0, ())


# --- what is not to fool it -----------------------------------------------------------


@dataclass
class Stub:
    """A surface that does what it is told.

    Attributes:
        control: What becomes of what is harmless.
        canary: What becomes of everything else.
        last: What becomes of the last try.
    """

    control: Outcome
    canary: Outcome
    last: Outcome | None = None
    error: Exception | None = None
    name: str = "stub"
    places: frozenset[str] = frozenset()

    def ask(self, tries: Sequence[Try]) -> Iterator[Answer]:
        """Answer every try."""
        if self.error is not None:
            raise self.error
        for one in tries:
            usual = self.control if one.is_control else self.canary
            is_last = one is tries[-1] and self.last is not None
            yield Answer(one, (self.last or usual) if is_last else usual)


def of(folder: Path, *stubs: Surface) -> Proof:
    """Return the proof of surfaces, over the channel of texts."""
    listed(folder)
    made = settings(folder)
    contracts = read_contracts(made.contracts)
    order = Order(folder / "canaries.csv", contracts, "chat", NOW)
    return prove_all(order, stubs, silent)


@pytest.mark.parametrize(
    ("stub", "code", "unproven"),
    [
        (Stub(LEFT, BLOCKED), ExitCode.ALL_UPHELD, ""),
        (Stub(LEFT, HELD), ExitCode.ALL_UPHELD, ""),
        (Stub(BLOCKED, BLOCKED), ExitCode.UNPROVEN, NOTHING_PASSES),
        (Stub(NONE, NONE), ExitCode.UNPROVEN, NOTHING_PASSES),
        (Stub(LEFT, HELD, last=BLOCKED), ExitCode.UNPROVEN, UNEVEN),
        (Stub(LEFT, NONE), ExitCode.UNPROVEN, "tries had no answer"),
        (Stub(LEFT, LEFT), ExitCode.REFUTED, ""),
        (Stub(BLOCKED, LEFT), ExitCode.REFUTED, NOTHING_PASSES),
        (Stub(LEFT, HELD, error=OSError(2, "Gone")), ExitCode.UNPROVEN, "tried: gone"),
        (Stub(LEFT, HELD, error=OSError()), ExitCode.UNPROVEN, "tried: oserror"),
    ],
)
def test_a_surface_is_proved_by_what_passes_and_what_doesnt(
    tmp_path: Path, stub: Stub, code: ExitCode, unproven: str
):
    """Only where what is harmless leaves, and every canary has an answer, is it proof."""
    found = of(tmp_path, stub)
    assert found.exit_code is code
    assert unproven in found.surfaces[0].unproven
    assert bool(unproven) == bool(found.surfaces[0].unproven)


def test_one_that_left_outweighs_the_others(tmp_path: Path):
    """Of several surfaces the worst one counts; of none, nothing is proved."""
    good, bad = Stub(LEFT, HELD), Stub(LEFT, LEFT)
    found = of(tmp_path, good, bad)
    assert found.exit_code is ExitCode.REFUTED
    assert [one.has_left for one in found.surfaces] == [False, True]
    assert replace(found, surfaces=()).exit_code is ExitCode.UNPROVEN


@pytest.mark.parametrize(
    ("names", "untried"),
    [
        ((), KINDS),
        (("stub",), KINDS),
        (("library", "proxy http://x", "relay a.b", "relay c.d"), KINDS[1:3]),
        (("file gateway", "S3 gateway"), ("library", "proxy", "relay")),
        (("S3 gateways", "library-like"), KINDS),
    ],
)
def test_what_nobody_named_is_named(tmp_path: Path, names, untried):
    """Each kind of surface that isn't tried is told, whatever the others show."""
    found = of(tmp_path, *(Stub(LEFT, HELD, name=name) for name in names))
    assert found.untried == tuple(untried)


def test_a_channel_has_to_be_there(tmp_path: Path):
    """A channel that nobody declared is named with those that are."""
    listed(tmp_path)
    contracts = read_contracts(settings(tmp_path).contracts)
    order = Order(tmp_path / "canaries.csv", contracts, "nowhere", NOW)
    with pytest.raises(ConfigError, match="one of partner, chat, answers"):
        prove_all(order, (), silent)
    none = replace(order, contracts=type(contracts)("", "", "", "", ()))
    with pytest.raises(ConfigError, match="declare one"):
        prove_all(none, (), silent)


def test_without_a_verdict_there_is_no_answer(tmp_path: Path):
    """An exit that fails closed on everything proves nothing."""

    class Broken:
        def judge(self, channel: str, payload: Payload):
            del channel, payload
            raise UnjudgedError("the ledger is full")

    @contextmanager
    def opened() -> Iterator[Exit]:
        yield Broken()

    found = proved(Library(opened, "chat"), asking(tmp_path, "plain"), silent)
    assert found.unproven == NOTHING_PASSES
    assert found.lost[0].note == "the ledger is full"
    assert {one.outcome for one in found.lost} == {NONE}


# --- the file gateway -----------------------------------------------------------------


@dataclass
class Clerk:
    """A file gateway in a thread's stead: it works whenever its sender waits."""

    folder: Path
    exit: Exit | None
    time: float = 0

    def __call__(self, seconds: float) -> None:
        """Take every file of the outbox."""
        assert self.exit is not None
        self.time += seconds
        outbox = self.folder / "outbox" / "chat"
        for path in sorted(outbox.iterdir()):
            if path.name.startswith(".") or "skipped" in path.name:
                continue
            passage = self.exit.judge("chat", Payload(path.name, path.read_bytes()))
            verdict = str(passage.ruling.verdict)
            place = "released" if passage.may_leave else f"quarantine/{verdict}"
            target = self.folder / place / "chat" / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)


def gateway(folder: Path, clerk: Clerk) -> FileGateway:
    """Return the sender's view of a gateway."""
    return FileGateway(
        outbox=folder / "outbox",
        released=folder / "released",
        quarantine=folder / "quarantine",
        channel="chat",
        pause=clerk,
        clock=lambda: clerk.time,
    )


def test_files_are_dropped_and_looked_for(tmp_path: Path):
    """What comes out of a gateway is told; nothing harmless or fictional stays there."""
    asked = asking(tmp_path, "plain", "base64")
    with exit_of(settings(tmp_path), clock=lambda: AT) as found:
        told = proved(gateway(tmp_path, Clerk(tmp_path, found)), asked, silent)
    assert (told.unproven, told.lost) == ("", ())
    assert {cell.container for cell in told.table} >= {"text", "file name"}
    assert "header" not in {cell.container for cell in told.table}
    assert [*(tmp_path / "outbox" / "chat").iterdir()] == []
    assert [*(tmp_path / "released" / "chat").iterdir()] == []


def test_a_gateway_that_lets_all_out_is_found_out(tmp_path: Path):
    """Files that simply pass are told as what left."""

    def pass_on(seconds: float) -> None:
        del seconds
        (tmp_path / "released").mkdir(exist_ok=True)
        (tmp_path / "outbox" / "chat").rename(tmp_path / "released" / "chat")

    view = replace(gateway(tmp_path, Clerk(tmp_path, None)), pause=pass_on)
    found = proved(view, asking(tmp_path, "plain"), silent)
    assert found.has_left
    assert {one.outcome for one in found.lost} == {LEFT}


def test_a_gateway_that_isnt_there_proves_nothing(tmp_path: Path):
    """Files that nobody takes in time are no answer, and are taken back."""

    def wait(seconds: float) -> None:
        clerk.time += seconds * 1_000

    clerk = Clerk(tmp_path, None)
    view = replace(gateway(tmp_path, clerk), pause=wait)
    found = proved(view, asking(tmp_path, "plain"), silent)
    assert found.unproven == NOTHING_PASSES
    assert {one.note for one in found.lost} == {"nobody took it in time"}
    assert [*(tmp_path / "outbox" / "chat").iterdir()] == []


# --- a proxy --------------------------------------------------------------------------


@contextmanager
def proxying(answering) -> Iterator[tuple[str, int]]:
    """Give the address of a proxy, and a port for the upstream that it leads to."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answering(self.path)
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as other:
        port = other.server_address[1]
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/chat/", port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fetched(port: int, path: str) -> bytes:
    """Return what the upstream has."""
    link = http.client.HTTPConnection("127.0.0.1", port)
    link.request("GET", path)
    answer = link.getresponse()
    body = answer.read()
    link.close()
    return body if answer.status == 200 else b""


def through(folder: Path, judged: Judged, *names: str) -> Proved:
    """Return what is proved of a proxy that answers as a function of bodies says."""
    ports: list[int] = []

    def answering(path: str) -> tuple[int, bytes]:
        return judged(lambda: fetched(ports[0], path))

    with proxying(answering) as (url, port):
        ports.append(port)
        view = Proxy(url, "127.0.0.1", port, patience=20)
        return proved(view, asking(folder, *(names or ("plain",))), silent)


def test_a_proxy_that_judges_is_proved(tmp_path: Path):
    """A proxy that lets harmless words out and refuses all else is proved."""

    def judged(fetch) -> tuple[int, bytes]:
        body = fetch()
        is_harmless = body.count(b"plain words") == 3
        return (200, body) if is_harmless else (403, b'{"verdict": "hold"}')

    found = through(tmp_path, judged)
    assert found.unproven == ""
    assert {cell.outcome for cell in found.table if cell.container == "text"} == {HELD}
    assert {one.container for one in found.lost} == {"header"}  # it looks at none


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (403, b'{"verdict": "block"}', BLOCKED),
        (403, b"no", BLOCKED),
        (403, b'{"verdict": "hold"}', HELD),
        (502, b"", NONE),
        (301, b"", NONE),
        (200, b"masked", LEFT),
    ],
)
def test_answers_mean_what_they_say(tmp_path: Path, status, body, outcome):
    """A refusal is one with its own status; any success lets something out."""

    def judged(fetch) -> tuple[int, bytes]:
        fetch()
        return status, body

    found = through(tmp_path, judged)
    assert {cell.outcome for cell in found.table} == {outcome}
    assert (found.unproven == NOTHING_PASSES) is (outcome is not LEFT)


def test_a_refusal_without_asking_is_no_answer(tmp_path: Path):
    """A proxy that refuses before it asks its upstream has looked at nothing."""
    found = through(tmp_path, lambda _: (403, b""))
    assert {one.outcome for one in found.lost} == {NONE}
    assert found.lost[0].note == "status 403, and the upstream wasn't asked"


def test_a_proxy_that_isnt_there_is_no_answer(tmp_path: Path):
    """Nobody listening is told as such; an address that isn't one is an error."""
    with proxying(lambda _: (200, b"")) as (url, port):
        pass
    view = Proxy(url, "127.0.0.1", port, patience=5)
    found = proved(view, asking(tmp_path, "plain"), silent)
    assert found.unproven == NOTHING_PASSES
    assert found.lost[0].note == "ConnectionRefusedError"
    told = proved(replace(view, url="ftp://x"), asking(tmp_path, "plain"), silent)
    assert told.unproven == "can't be tried: can't be asked"


# --- the text -------------------------------------------------------------------------


def test_the_text_puts_what_left_first(tmp_path: Path):
    """The table has a column for each surface, and says exactly which try left."""
    found = of(tmp_path, Stub(LEFT, HELD), Stub(LEFT, LEFT, name="hole"))
    lines = proof_text.proof(found, 100, 8).splitlines()
    assert lines[0].startswith("channel chat   2 canaries in ")
    assert lines[1].startswith("stub: ")
    assert lines[1].endswith(" tries, 0 left")
    assert lines[3].startswith("not tried: library, file gateway, S3 gateway, proxy,")
    assert "(5 kinds of surfaces, of 5)" in " ".join(lines[3:5])
    at = lines.index("") + 1
    assert lines[at].split() == ["form", "in", "stub", "hole"]
    assert lines[at + 1].split() == ["plain", "text", "held", "LEFT"]
    assert any(line.startswith("left        hole: canary ") for line in lines)
    assert any(line.endswith("more of them: --format json") for line in lines)
    assert lines[-1] == "exit 11: a canary left"


def test_the_text_of_what_isnt_proved(tmp_path: Path):
    """What can't be tried is named, and what is closed to everything."""
    gone = Stub(LEFT, HELD, error=OSError(2, "Gone"))
    lines = proof_text.proof(of(tmp_path, gone), 100, 8).splitlines()
    assert lines[1] == "stub: not tried; unproven: can't be tried: gone"
    assert lines[-1] == "exit 10: nothing left, and not every surface is proved"

    class Narrow(Stub):
        def ask(self, tries: Sequence[Try]) -> Iterator[Answer]:
            for one in super().ask(tries):
                is_zip = "ZIP" in one.tried.container
                yield replace(one, outcome=HELD) if is_zip else one

    (tmp_path / "b").mkdir()
    found = of(tmp_path / "b", Narrow(LEFT, BLOCKED))
    said = proof_text.proof(found, 200, 8).splitlines()[1]
    assert said.endswith("harmless, too: text in ZIP, text in ZIP in ZIP")
    assert found.exit_code is ExitCode.ALL_UPHELD


def test_what_was_never_tried_is_unproven(tmp_path: Path):
    """A list whose kinds no form is for proves nothing."""
    asked = replace(asking(tmp_path, "reversed"), canaries=())
    found = proved(Stub(LEFT, HELD), asked, silent)
    assert (found.tries, found.unproven) == (0, "nothing was tried")


def test_the_text_says_where_a_closed_surface_tells_why(tmp_path: Path):
    """If everything is refused, its ledger knows; of what has no answer, nobody does."""
    for stub, expected in ((Stub(BLOCKED, BLOCKED), 1), (Stub(NONE, NONE), 0)):
        said = " ".join(proof_text.proof(of(tmp_path, stub), 100, 8).split())
        assert (
            said.count("the last entries of that surface's ledger say why") == expected
        )
