"""Logs as CSV: each row an event, its cells named by the first row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping

from ringfence.audit.event import Sheet, Words
from ringfence.audit.readers.declared.plan import Plan
from ringfence.audit.readers.drafts import FULL, Aside, Draft, Span, Told
from ringfence.audit.readers.fields import UnreadableError
from ringfence.audit.readers.json_scan import MARK
from ringfence.audit.unpacked import Block, Unpacked

Tell = Callable[[Mapping[str, object]], Told]


def sheets(
    file: Unpacked, words: Mapping[str, Words], plan: Plan, tell: Tell
) -> Iterator[Sheet]:
    """Yield what the rows of a CSV file tell, in sheets of a bounded size."""
    draft, table = Draft(words), _Table(plan, tell)
    for block in file.rows(plan.delimiter.encode()):
        for content, span in _rows(block):
            try:
                draft.tell(table.told(content), span)
            except UnreadableError as error:
                draft.refuse(str(error), span)
            yield from draft.take(least=FULL)
    yield from draft.take(least=1)


def _rows(block: Block) -> Iterator[tuple[bytes, Span]]:
    """Yield the rows of a block that aren't blank, their line ends left out."""
    start, line = 0, block.line
    for end in block.ends.tolist():
        row = block.data[start:end]
        skipped = len(MARK) if row.startswith(MARK) and not block.offset + start else 0
        content = row[skipped:].rstrip(b"\r\n")
        if content:
            yield content, Span(block.offset + start + skipped, len(content), line)
        start, line = end, line + row.count(b"\n")


class _Table:
    """Gives cells their names."""

    def __init__(self, plan: Plan, tell: Tell) -> None:
        self._plan, self._tell = plan, tell
        self._header = list(plan.header)
        self._wrong = ""

    def told(self, content: bytes) -> Told:
        """Return what a row tells.

        Raises:
            UnreadableError: It is no row of the table.
        """
        cells = self._cells(content)
        if not self._header:
            self._begin(cells)
            return Aside()
        if cells == self._header:
            return Aside()  # files that were joined have their headers within
        if self._wrong:
            raise UnreadableError(self._wrong)
        if len(cells) != len(self._header):
            message = f"has {len(cells)} cells, its header {len(self._header)}"
            raise UnreadableError(message)
        return self._tell(dict(zip(self._header, cells, strict=True)))

    def _begin(self, cells: list[str]) -> None:
        self._header = [cell.strip() for cell in cells]
        missing = sorted(self._plan.paths() - {*self._header})
        if len({*self._header}) < len(self._header):
            self._wrong = "the file's first row names a column twice"
        elif missing:
            self._wrong = f"the file's first row names no column `{missing[0]}`"
        if self._wrong:
            raise UnreadableError(self._wrong)

    def _cells(self, content: bytes) -> list[str]:
        try:
            text = content.decode()
        except UnicodeError:
            raise UnreadableError("holds bytes that are not UTF-8") from None
        if '"' not in text:
            return text.split(self._plan.delimiter)
        lines = io.StringIO(text, newline="")
        reader = csv.reader(lines, delimiter=self._plan.delimiter, strict=True)
        try:
            rows = list(reader)
        except csv.Error as error:
            raise UnreadableError(f"is no row of CSV: {error}") from None
        if len(rows) != 1:
            raise UnreadableError("is no row of CSV: a quote stands within a cell")
        return rows[0]
