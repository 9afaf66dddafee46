"""A transcript that somebody brings, whatever of four formats it is in.

The content tells which, never the name: WebVTT by its first line, JSON by its first
character, SubRip by a line of times, plain text by its marks.
"""

from __future__ import annotations

from ringfence.docket.transcripts import marked, segmented, subrip, webvtt
from ringfence.docket.transcripts.cues import Brought
from ringfence.documents.files import decode
from ringfence.errors import Locus, SourceError

_BOM = "\ufeff"


def brought(content: bytes, name: str, length: int | None) -> Brought:
    """Return the transcript that a file holds.

    Args:
        content: The file.
        name: What errors call it.
        length: How many samples the recording has; None if it is no sound: then the
            file is a text, and its words have no times.

    Raises:
        SourceError: It holds none, or it is that of another recording.
    """
    text = decode(content, name).removeprefix(_BOM)
    found = marked.untimed(text) if length is None else _timed(text, name, length)
    if not found.words:
        hint = "a transcript has at least one word"
        raise SourceError("holds no word", Locus(name), hint)
    return found


def _timed(text: str, name: str, length: int) -> Brought:
    if text.startswith("WEBVTT"):
        return webvtt.read(text, name, length)
    if text.lstrip()[:1] == "{" or _is_list(text):
        return segmented.read(text, name, length)
    if any(map(subrip.TIMES.match, text.splitlines())):
        return subrip.read(text, name, length)
    return marked.read(text, name, length)


def _is_list(text: str) -> bool:
    # `[` may begin a mark as well.
    first = text.lstrip()
    return first[:1] == "[" and first[1:].lstrip()[:1] in ("{", "]")
