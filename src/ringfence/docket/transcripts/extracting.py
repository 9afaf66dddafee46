"""The text of a document, as far as it is plain: text, an e-mail's body, JSON lines.

Who wrote to whom stays in the original: only what was written becomes words. Anything
else (PDF, Office, pictures, HTML) isn't read: bring its text in a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

from ringfence.docket.transcripts.cues import Brought, Left
from ringfence.docket.transcripts.marked import untimed
from ringfence.documents.files import decode
from ringfence.documents.json import read_json_lines
from ringfence.errors import Locus, SourceError

MAIL = "message/rfc822"
_KEYS = ("text", "body", "message", "content")
_HINT = "name a file with its text"


def extracted(content: bytes, media: str, name: str) -> Brought:
    """Return the words of a document, all without a time.

    Args:
        content: The document.
        media: What it was received as.
        name: What errors call it.

    Raises:
        SourceError: It isn't plain, or holds no word.
    """
    left = Left()
    if media == MAIL:
        text, kind = "\n".join(_bodies(content, left)), "e-mail"
    elif b"\0" in content or content.startswith(b"%PDF"):
        raise SourceError("is no plain text", Locus(name), _HINT)
    elif content.lstrip()[:1] == b"{":
        text, kind = (
            "\n".join(_messages(decode(content, name), name, left)),
            "JSON lines",
        )
    else:
        text, kind = decode(content, name), "plain text"
    found = untimed(text)
    if not found.words:
        raise SourceError("holds no word that can be read", Locus(name), _HINT)
    return Brought(found.words, kind, left.notes())


def _bodies(content: bytes, left: Left) -> Iterator[str]:
    """Yield the plain parts of an e-mail."""
    mail = message_from_bytes(content, policy=default)
    for part in mail.walk():
        if part.is_multipart():
            continue
        if part.get_content_type() != "text/plain" or part.get_filename():
            left.out("parts of the e-mail are no plain text, and were left out")
            continue
        try:
            text = part.get_content()
        except (LookupError, UnicodeError, ValueError):
            left.out("parts of the e-mail couldn't be decoded, and were left out")
            continue
        yield str(text)


def _messages(text: str, name: str, left: Left) -> Iterator[str]:
    """Yield what each line of an export of messages says."""
    for line in read_json_lines(text, name):
        said = [found.text() for key in _KEYS if (found := line.get(key)) is not None]
        if not any(said):
            left.out("lines say nothing in `text`, `body`, `message` or `content`")
        yield from said
