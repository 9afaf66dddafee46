"""The kind of log: its options, and which of the server's formats a file has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from ringfence.audit.event import Sheet, Words
from ringfence.audit.readers.instants import zone
from ringfence.audit.readers.pgaudit.csvlog import read_csvlog
from ringfence.audit.readers.pgaudit.jsonlog import read_jsonlog
from ringfence.audit.readers.pgaudit.messages import Messages
from ringfence.audit.readers.pgaudit.moments import Moments
from ringfence.audit.readers.pgaudit.pages import Log
from ringfence.audit.readers.pgaudit.stderr import PREFIX, Prefix, read_stderr
from ringfence.audit.unpacked import Unpacked
from ringfence.boundary.order import LogOrder
from ringfence.documents.located import Reader
from ringfence.errors import ConfigError

FORMATS = ("csvlog", "jsonlog", "stderr")
_HEAD = 4096  # bytes that show the format
# A time with nothing but a comma behind it.
_CSV = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [^,\s]{1,6},")


class PgAudit:
    """Reads a server's log: pgaudit's lines are events, the others asides."""

    kind = "pgaudit"
    summary = "a PostgreSQL server's log with pgaudit's lines: csvlog, jsonlog, stderr"
    options: Sequence[str] = ("format", "prefix", "zone", "default_schema")
    version = 2

    def check(self, order: LogOrder) -> None:
        """Check the options of an order.

        Raises:
            ConfigError: An option can't be used.
        """
        options = Reader()
        for name in self.options:
            if name in order.options:
                options.text(order.options[name], f"`{name}`")
        if (said := order.options.get("format")) and said.text() not in FORMATS:
            known = ", ".join(f"`{one}`" for one in FORMATS)
            options.note("unknown format", said.at, f"one of {known}")
        if (said := order.options.get("zone")) and zone(said.text()) is None:
            hint = "a name of the IANA database: `Europe/Oslo`"
            options.note("unknown time zone", said.at, hint)
        if (said := order.options.get("prefix")) and (wrong := _wrong(said.text())):
            options.note(wrong, said.at, "write it as `log_line_prefix` has it")
        if order.at is not None and not order.store:
            options.note("this kind of log needs its `store`", order.at)
        if options.problems:
            raise ConfigError.of(options.problems)

    def read(
        self, file: Unpacked, order: LogOrder, words: Mapping[str, Words]
    ) -> Iterator[Sheet]:
        """Read a file, front to back, in sheets of a bounded number of events."""
        said = {name: one.text() for name, one in order.options.items()}
        schema = said.get("default_schema") or "public"
        where: ZoneInfo | None = zone(said["zone"]) if said.get("zone") else None
        log = Log(words, order.store, Messages(order.store, schema), Moments(where))
        form = said.get("format") or _form(file.head())
        if form == "csvlog":
            yield from read_csvlog(file, log)
        elif form == "jsonlog":
            yield from read_jsonlog(file, log)
        else:
            yield from read_stderr(file, log, Prefix(said.get("prefix") or PREFIX))


def _wrong(prefix: str) -> str:
    try:
        Prefix(prefix)
    except ValueError as error:
        return str(error)
    return ""


def _form(head: bytes) -> str:
    """Return the format of a file, by its first bytes."""
    for line in head[:_HEAD].split(b"\n"):
        if line.startswith(b"{"):
            return "jsonlog"
        if _CSV.match(line):
            return "csvlog"
    return "stderr"
