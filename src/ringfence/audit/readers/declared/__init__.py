"""Home-made logs, JSON or CSV, whose words the boundary file explains.

The internal tool that knows the person behind its service account writes such a log,
and so does whatever notes who signed in from where.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ringfence.audit.event import Sheet, Words
from ringfence.audit.readers import json_lines
from ringfence.audit.readers.declared import table
from ringfence.audit.readers.declared.lines import teller
from ringfence.audit.readers.declared.plan import OPTIONS, plan_of
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder

_PACKED = (".gz", ".gzip")
_ENDINGS = {
    ".csv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


class Declared:
    """The reader of home-made logs."""

    kind = "declared"
    summary = "a home-made log, JSON or CSV, whose words the boundary explains"
    options: Sequence[str] = OPTIONS
    version = 1

    def check(self, order: LogOrder) -> None:
        """Check the options of an order.

        Raises:
            ConfigError: An option can't be used; the error carries every problem.
        """
        plan_of(order)

    def read(
        self, file: Unpacked, order: LogOrder, words: Mapping[str, Words]
    ) -> Iterator[Sheet]:
        """Read a file, front to back (see `LogReader.read`)."""
        plan = plan_of(order)
        tell = teller(plan)
        if (plan.form or _form(file)) == "csv":
            return table.sheets(file, words, plan, tell)
        wrappers = (plan.items,) if plan.items else ()
        return json_lines.sheets(file, words, tell, wrappers)


def _form(file: Unpacked) -> str:
    """Return the format that a file's name shows, else its first byte."""
    name = file.path.name.lower()
    for ending in _PACKED:
        name = name.removesuffix(ending)
    for ending, form in _ENDINGS.items():
        if name.endswith(ending):
            return form
    return "jsonl" if json_lines.opens_json(file) else "csv"


READER = Declared()
