"""The reader of AWS CloudTrail: files as delivered, lines and lists of events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from ringfence.audit.event import Sheet, Words
from ringfence.audit.readers.cloudtrail import entries, layout
from ringfence.audit.readers.cloudtrail.sheets import Sheets
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Problem

DEPTH = "prefix_depth"
DEEPEST = 16


class CloudTrail:
    """Reads what AWS CloudTrail delivers."""

    kind = "cloudtrail"
    summary = "AWS CloudTrail: management and data events, as delivered or as lines"
    options: Sequence[str] = (DEPTH,)
    version = 2

    def check(self, order: LogOrder) -> None:
        """Check the options of an order.

        Raises:
            ConfigError: An option can't be used; the error carries every problem.
        """
        problems = []
        for key, value in order.options.items():
            if key not in self.options:
                at, hint = value.key_at or value.at, nearest(key, self.options)
                problems.append(Problem(f"unknown option `{key}`", at, hint))
            elif type(value.data) is not int or not 0 <= value.data <= DEEPEST:
                message = f"`{key}` must be a whole number from 0 to {DEEPEST}"
                problems.append(Problem(message, value.at))
        if problems:
            raise ConfigError.of(problems)

    def read(
        self, file: Unpacked, order: LogOrder, words: Mapping[str, Words]
    ) -> Iterator[Sheet]:
        """Read a file, front to back, in sheets of a bounded number of events."""
        depth = order.options.get(DEPTH)
        kept = depth.data if depth and isinstance(depth.data, int) else 0
        sheets = Sheets(words, kept)
        if layout.is_document(file.head()):
            batches = entries.of_file(file)
        else:
            batches = chain.from_iterable(map(entries.of_lines, file.lines()))
        for batch in batches:
            yield sheets.sheet(batch)
