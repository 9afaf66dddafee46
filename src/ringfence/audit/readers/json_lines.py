"""Logs of JSON: an object a line, a list, or a document that wraps a list.

The layout is seen from the bytes, never asked for. Lines are read as they come; a
document is held whole, for its objects may stand on one line. Each object has its exact
byte range in the unpacked content.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from itertools import chain

from ringfence.audit.event import Malformed, Sheet, Words
from ringfence.audit.readers.drafts import FULL, Draft, Span, Told
from ringfence.audit.readers.fields import Json, UnreadableError
from ringfence.audit.readers.json_scan import BREAKS_OFF, MARK, Piece, Scan, decoded
from ringfence.audit.unpacked import Block, Unpacked


def sheets(
    file: Unpacked,
    words: Mapping[str, Words],
    tell: Callable[[Json], Told],
    wrappers: Sequence[str] = (),
) -> Iterator[Sheet]:
    """Yield what the objects of a file tell, in sheets of a bounded size.

    Args:
        file: The file.
        words: The numbering of each column of words.
        tell: What an object tells; it raises `UnreadableError` where it can't be read.
        wrappers: Keys under which a document keeps the list of its objects.
    """
    draft = Draft(words)
    for piece in pieces(file, wrappers):
        if isinstance(piece, Malformed):
            draft.malformed.append(piece)
        else:
            try:
                draft.tell(tell(piece.value), piece.span)
            except UnreadableError as error:
                draft.refuse(str(error), piece.span)
        yield from draft.take(least=FULL)
    yield from draft.take(least=1)


def pieces(file: Unpacked, wrappers: Sequence[str] = ()) -> Iterator[Piece | Malformed]:
    """Yield the objects of a file with their places, and what is none."""
    problems, malformed = len(file.problems), len(file.malformed)
    blocks = file.lines()
    first = next(blocks, None)
    too_long = len(file.malformed) > malformed
    if too_long or (first is not None and _is_document(first.data)):
        if isinstance(blocks, Generator):
            blocks.close()
        _forget(file, problems, malformed)
        document = file.whole()
        if document is not None:
            yield from _document(document, wrappers, file)
            return
        if not too_long:
            return
        # A line that is too long for a line and for a document: the rest is lines.
        _forget(file, problems, malformed)
        blocks = file.lines()
        first = next(blocks, None)
    for block in chain(() if first is None else (first,), blocks):
        yield from _lines(block, wrappers)


def opens_json(file: Unpacked) -> bool:
    """Tell whether a file begins as JSON does; it can be read anew afterwards."""
    problems, malformed = len(file.problems), len(file.malformed)
    blocks = file.lines()
    first = next(blocks, None)
    if isinstance(blocks, Generator):
        blocks.close()
    _forget(file, problems, malformed)
    start = b"" if first is None else first.data.removeprefix(MARK).lstrip()
    return start.startswith((b"{", b"["))


def _forget(file: Unpacked, problems: int, malformed: int) -> None:
    """Undo what a first look noted: the file is read again from its beginning."""
    file.size = 0
    del file.problems[problems:]
    del file.malformed[malformed:]


def _is_document(data: bytes) -> bool:
    """Tell a document from lines by the first two lines that aren't blank."""
    text = data.removeprefix(MARK).lstrip()
    if not text.startswith(b"{"):
        return text.startswith(b"[")
    first, _, rest = text.partition(b"\n")
    second = rest.lstrip().partition(b"\n")[0]
    if any(line.rstrip().endswith((b"{", b"[", b",")) for line in (first, second)):
        return True
    return not _is_object(first) and not _is_object(second)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(decoded(line), dict)
    except ValueError:
        return False


def _document(
    block: Block, wrappers: Sequence[str], file: Unpacked
) -> Iterator[Piece | Malformed]:
    scan = Scan(block.data, wrappers)
    yield from scan.pieces()
    if scan.torn:
        file.problems.append(BREAKS_OFF)


def _lines(block: Block, wrappers: Sequence[str]) -> Iterator[Piece | Malformed]:
    offset = block.offset
    for number, whole in enumerate(block.data.split(b"\n"), start=block.line):
        line = whole.removesuffix(b"\r")
        skipped = len(MARK) if not offset and line.startswith(MARK) else 0
        if content := line[skipped:]:
            span = Span(offset + skipped, len(content), number)
            yield from _line(content, span, wrappers)
        offset += len(whole) + 1


def _line(
    content: bytes, span: Span, wrappers: Sequence[str]
) -> Iterator[Piece | Malformed]:
    try:
        value = decoded(content)
    except ValueError as error:
        if any(f'"{key}"'.encode() in content for key in wrappers):
            yield from Scan(content, wrappers, span.offset, span.line).pieces()
        elif not content.isspace():
            yield Malformed(span.offset, span.length, span.line, str(error))
        return
    wraps = isinstance(value, dict) and any(
        isinstance(value.get(key), list) for key in wrappers
    )
    if wraps or isinstance(value, list):
        yield from Scan(content, wrappers, span.offset, span.line).pieces()
    elif isinstance(value, dict):
        yield Piece(span, value)
    else:
        yield Malformed(span.offset, span.length, span.line, "is no object")
