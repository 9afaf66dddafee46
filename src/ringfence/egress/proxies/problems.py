"""What a client is told instead of an answer: problem documents (RFC 9457).

None of them holds a byte of what the upstream said.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from ringfence.egress.channels.wording import said
from ringfence.egress.exit.passage import Passage

TYPE = "application/problem+json"
MOST = 20  # reasons that are told
REFUSED = int(HTTPStatus.FORBIDDEN)


class Closed(Exception):  # noqa: N818 - no error of ours: an answer stays inside
    """An answer stays inside, and its client is told so.

    Args:
        status: What the client is told, by number.
        why: A word for it, which is counted.
        words: What the client is told, in words: nothing of the answer.
    """

    def __init__(self, status: int, why: str, words: str) -> None:
        super().__init__(words)
        self.status, self.why, self.words = status, why, words

    @property
    def body(self) -> bytes:
        """Return the document."""
        return _document(self.status, self.words, {})


def refused(passage: Passage) -> bytes:
    """Return the document for an answer that is held or blocked."""
    reasons = [said(one) for one in passage.ruling.reasons[:MOST]]
    more = {
        "verdict": str(passage.ruling.verdict),
        "release": passage.release,
        "entry": passage.entry,
        "reasons": reasons,
        "reasons_left_out": max(0, len(passage.ruling.reasons) - MOST),
    }
    return _document(REFUSED, "the answer may not leave", more)


def _document(status: int, words: str, more: dict[str, object]) -> bytes:
    title = HTTPStatus(status).phrase
    told = {"type": "about:blank", "title": title, "status": status, "detail": words}
    return msgspec.json.encode({**told, **more})
