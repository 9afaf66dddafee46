"""One answer at the exit: what is judged is exactly what then leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ringfence.egress.channels.judge import Verdict
from ringfence.egress.exit.passage import Exit, Passage, UnjudgedError
from ringfence.egress.payload import Payload
from ringfence.egress.proxies import heads, problems
from ringfence.egress.proxies.figures import Figures
from ringfence.egress.proxies.heads import Pair
from ringfence.egress.proxies.problems import Closed

_PACKED = {"gzip": ".gz", "x-gzip": ".gz", "zstd": ".zst"}
_MAGIC = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s\";,]+)", re.IGNORECASE)
_READ = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "windows-1252"})
_WHOLE = "identity"
_PART = 206
_NOTHING_READS = "application/pdf"  # no text is one, so what is stated is a doubt
OURS = ((b"cache-control", b"no-store"),)
STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of something inside, whole.

    Attributes:
        status: Its status.
        headers: Those that may leave (`heads.leaving`).
        body: Its body.
        path: The path that was asked for, as every server reads it.
        target: Path and query, as they were sent.
        trailers: What came behind the body.
    """

    status: int
    headers: Sequence[Pair]
    body: bytes | Path
    path: str
    target: str
    trailers: Sequence[Pair] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client gets.

    Attributes:
        status: The status.
        headers: All headers but the length.
        body: The body, or the file that holds it.
        verdict: By what it leaves; None: it is a problem document.
        is_masked: The body is another than the upstream's.
    """

    status: int
    headers: Sequence[Pair]
    body: bytes | Path
    verdict: Verdict | None = None
    is_masked: bool = False

    @property
    def size(self) -> int:
        """Return the bytes of the body."""
        body = self.body
        return len(body) if isinstance(body, bytes) else body.stat().st_size


def problem(closed: Closed) -> Reply:
    """Return what a client gets when an answer stays inside."""
    return Reply(closed.status, _headed(problems.TYPE), closed.body)


def payload_of(answer: Answer) -> Payload:
    """Return an answer as what asks to leave.

    Compressed bodies are named and typed as what they are, so that only a content that
    differs from what is stated is a doubt.

    Raises:
        Closed: It is of a kind that can't be judged.
    """
    media = (heads.values(answer.headers, b"content-type") or [""])[0]
    if media == STREAM:
        raise Closed(502, "stream", "streams without an end are not released")
    if answer.status == _PART:
        # Nobody asked for it; what is whole may be parted where somebody's name is.
        raise Closed(502, "partial", "parts of answers are not released")
    name, packing = answer.path, encodings(answer)
    if packing:
        media = ""
        name = (name.rstrip("/") or "/body") + _PACKED.get(packing[0], "")
    if not is_read(answer):
        media = _NOTHING_READS
    said = heads.stated(answer.status, answer.headers, answer.target, answer.trailers)
    return Payload(name, answer.body, media, said)


def encodings(answer: Answer) -> list[str]:
    """Return what a body was packed with."""
    found = heads.values(answer.headers, b"content-encoding")
    return [one for one in found if one != _WHOLE]


def is_read(answer: Answer) -> bool:
    """Return whether a client reads a body as the inspection does."""
    packing = encodings(answer)
    if len(packing) > 1 or not _PACKED.keys() >= set(packing):
        return False
    kinds = (text for name, text in answer.headers if name == b"content-type")
    sets = [one for kind in kinds for one in _CHARSET.findall(heads.text(kind))]
    return all(one.lower() in _READ for one in sets)


class Judge:
    """Judges answers; from any thread, and it blocks.

    Args:
        exit_: The exit.
        figures: What counts.
        tell: What is told of trouble, a line each.
    """

    def __init__(
        self, exit_: Exit, figures: Figures, tell: Callable[[str], None]
    ) -> None:
        self._exit, self._figures, self._tell = exit_, figures, tell

    def judge(self, channel: str, answer: Answer) -> Reply:
        """Return what a client gets; the ledger holds the verdict by then.

        Raises:
            Closed: There is no verdict.
        """
        payload = payload_of(answer)
        try:
            passage = self._exit.judge(channel, payload)
        except UnjudgedError as error:
            self._tell(str(error))
            words = "there is no verdict, so nothing is released"
            raise Closed(503, "unjudged", words) from None
        self._figures.judged(str(passage.ruling.verdict), passage.inspection.size)
        if passage.may_leave and not is_read(answer):
            drop(passage.output)
            words = "the body is encoded in a way that isn't looked through"
            raise Closed(502, "encoding", words)
        return reply_of(answer, passage)


def reply_of(answer: Answer, passage: Passage) -> Reply:
    """Return what a client gets by a verdict."""
    output, verdict = passage.output, passage.ruling.verdict
    if not passage.may_leave or output is None:
        return Reply(
            problems.REFUSED, _headed(problems.TYPE), problems.refused(passage)
        )
    is_masked = verdict is Verdict.MASK
    headers = [*answer.headers, *OURS]
    if is_masked and not _is_packed(output):
        headers = [pair for pair in headers if pair[0] != b"content-encoding"]
    return Reply(answer.status, headers, output, verdict, is_masked)


def drop(output: bytes | Path | None) -> None:
    """Keep nothing of a body."""
    if isinstance(output, Path):
        output.unlink(missing_ok=True)


def _is_packed(output: bytes | Path) -> bool:
    if isinstance(output, bytes):
        return output.startswith(_MAGIC)
    with output.open("rb") as file:
        return file.read(4).startswith(_MAGIC)


def _headed(kind: str) -> list[Pair]:
    return [(b"content-type", kind.encode()), *OURS]
