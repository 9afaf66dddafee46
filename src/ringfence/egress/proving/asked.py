"""A proxy, as a client sees it: an upstream of ours has canaries, and we ask for them.

The proxy (ours, or Envoy with our processor) is led to the upstream for the time of the
proof. A refusal counts only if the upstream was asked: else nobody looked at anything.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import msgspec

from ringfence.egress.proving.carrying import Carried
from ringfence.egress.proving.surfaces import Answer, Outcome
from ringfence.egress.proving.tries import Try
from ringfence.errors import ConfigError, Locus

_MOST = 1 << 20  # bytes of an answer that are looked at
_REFUSALS = {"block": Outcome.BLOCKED, "hold": Outcome.HELD}
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy.

    Attributes:
        url: Where it is asked, with a path that has a channel: `http://host:80/partner`.
        host: Where the upstream listens that it leads to. `port`: the same.
        patience: Seconds within which every answer has to come.
        name: What it is called.
    """

    url: str
    host: str
    port: int
    patience: float = 60
    name: str = "proxy"
    places: frozenset[str] = frozenset({"header"})

    def ask(self, tries: Sequence[Try]) -> Iterator[Answer]:
        """Ask for every try.

        Raises:
            ConfigError: The address can't be asked.
            OSError: The upstream can't listen there.
        """
        to = urlsplit(self.url)
        if to.scheme not in ("http", "https") or not to.hostname:
            hint = "write `http://127.0.0.1:8080/path`"
            raise ConfigError("can't be asked", Locus("--proxy"), hint)
        with _upstream(self.host, self.port) as served:
            for one in tries:
                yield self._asked(one, served)

    def _asked(self, tried: Try, served: _Served) -> Answer:
        to = urlsplit(self.url)
        path = f"{to.path.rstrip('/')}/{tried.number}{tried.carried.suffix}"
        served.wanted = {f"/{tried.number}{tried.carried.suffix}": tried.carried}
        served.asked = 0
        kinds = {
            "http": http.client.HTTPConnection,
            "https": http.client.HTTPSConnection,
        }
        link = kinds[to.scheme](to.hostname or "", to.port, timeout=self.patience)
        try:
            link.request("GET", path)
            told = link.getresponse()
            body = told.read(_MOST)
        except (OSError, http.client.HTTPException) as error:
            return Answer(tried, Outcome.NO_ANSWER, type(error).__name__)
        finally:
            link.close()
        if not served.asked:
            note = f"status {told.status}, and the upstream wasn't asked"
            return Answer(tried, Outcome.NO_ANSWER, note)
        return Answer(tried, _outcome(told.status, body), f"status {told.status}")


def _outcome(status: int, body: bytes) -> Outcome:
    """Return what an answer means: success lets something out, whatever it is."""
    if status // 100 == 2:  # noqa: PLR2004 - success
        return Outcome.LEFT
    if status != _FORBIDDEN:
        return Outcome.NO_ANSWER
    try:
        said = msgspec.json.decode(body, type=_Refusal).verdict
    except msgspec.MsgspecError:
        said = ""
    return _REFUSALS.get(said, Outcome.BLOCKED)


class _Refusal(msgspec.Struct):
    verdict: str = ""


# --- upstream -------------------------------------------------------------------------


@dataclass(slots=True)
class _Served:
    """What the upstream has, and how often it was asked for it."""

    wanted: dict[str, Carried] = field(default_factory=dict)
    asked: int = 0


@contextmanager
def _upstream(host: str, port: int) -> Iterator[_Served]:
    served = _Served()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answer with what is wanted."""
            ending = "/" + self.path.partition("?")[0].rpartition("/")[2]
            carried = served.wanted.get(ending)
            if carried is None:
                self.send_error(404)
                return
            served.asked += 1
            self.send_response(200)
            self.send_header("content-type", carried.media)
            self.send_header("content-length", str(len(carried.content)))
            for name, value in carried.stated.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(carried.content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""
            del format, args

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
