"""A log as the boundary file orders it: which files, what they tell of, and how well.

The boundary says it once; readers, the table of events, the search for who was behind
them and the judgement of gaps all take it from here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ringfence.boundary.fields import LOG, NAMING
from ringfence.boundary.sections import Sections
from ringfence.documents.located import Located, Reader
from ringfence.errors import Locus

_SPAN = re.compile(r"([1-9][0-9]{0,6}) (second|minute|hour|day)s?", re.ASCII)
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Naming:
    """What a log calls something, and the node of the estate that it is.

    Attributes:
        match: Pattern over the log's own name; `*` is any run of characters.
        node: Id of the node; `{1}` stands for what the first star took, `{2}` for the
            second. Without a kind, the name of nothing that the estate knows.
    """

    match: str
    node: str


@dataclass(frozen=True, slots=True)
class LogOrder:
    """A log that the boundary orders.

    Attributes:
        name: Its name in the boundary.
        kind: Kind of log: the format, and so the reader.
        files: Patterns of file names, from `base` (`logs/*.csv`; `**` descends).
        base: The folder of the boundary file.
        at: Where the boundary orders it.
        store: Name of the store that a database's log tells of (`warehouse`).
        tool: Id of the tool whose own log this is (`tool:pulse`): it names the person
            behind what the tool's service accounts do.
        signs_in: It tells who sat at which address, and from when to when.
        since: First instant that it has to cover, microseconds since 1970.
        until: First instant that it needn't cover any more.
        cadence: Longest silence that is normal, in seconds; 0 when nobody says.
        manifest: File that lists the files that must be there, relative to `base`.
        collected: When the files were taken, microseconds; None when nobody says.
        principals: The log's names for principals.
        resources: The log's names for resources.
        options: Options of the reader, with their places.
    """

    name: str
    kind: str
    files: tuple[str, ...]
    base: Path = Path()
    at: Locus | None = None
    store: str = ""
    tool: str = ""
    signs_in: bool = False
    since: int | None = None
    until: int | None = None
    cadence: int = 0
    manifest: str = ""
    collected: int | None = None
    principals: tuple[Naming, ...] = ()
    resources: tuple[Naming, ...] = ()
    options: Mapping[str, Located] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Orders:
    """Reads the logs that a boundary file orders."""

    reader: Reader
    sections: Sections
    kinds: Collection[str]

    def logs(self, value: Located | None) -> tuple[LogOrder, ...]:
        """Return the orders, in the order of the file."""
        entries = self.reader.entries(value, "`logs`")
        if value is not None and value.data == {}:
            self.reader.note("`logs` is empty", value.at, "name at least one")
        return tuple(self._log(name, one) for name, one in entries.items())

    def _log(self, name: str, value: Located) -> LogOrder:
        take = self.reader
        at = value.key_at or value.at
        self.sections.check_name(name, at, "log")
        entries = take.entries(value, f"log `{name}`")
        for needed in LOG.required:
            if isinstance(value.data, dict) and needed not in entries:
                take.note(f"log `{name}` needs `{needed}`", at, f"add `{needed}: ...`")
        get = entries.get
        kind = take.choice(get("kind"), self.kinds, "kind of log") or ""
        since, until = (self._instant(get(end), end) for end in ("from", "until"))
        if since is not None and until is not None and until <= since:
            take.note(f"log `{name}` ends before it begins", at)
        return LogOrder(
            name,
            kind,
            tuple(text for text, _ in self.sections.filled(get("files"), "`files`")),
            at=at,
            store=(take.text(get("store"), "`store`") or "").removeprefix("store:"),
            tool=self._tool(get("tool")),
            signs_in=take.flag(get("signs_in"), "`signs_in`") or False,
            since=since,
            until=until,
            cadence=self._span(get("cadence")),
            manifest=take.text(get("manifest"), "`manifest`") or "",
            collected=self._instant(get("collected"), "collected"),
            principals=tuple(self._namings(get("principals"), "`principals`")),
            resources=tuple(self._namings(get("resources"), "`resources`")),
            options={key: one for key, one in entries.items() if key not in LOG.all},
        )

    def _tool(self, value: Located | None) -> str:
        text = self.reader.text(value, "`tool`")
        return f"tool:{text.removeprefix('tool:')}" if text else ""

    def _instant(self, value: Located | None, what: str) -> int | None:
        moment = self.reader.moment(value, f"`{what}`")
        if moment is None:
            return None
        return int(datetime.fromisoformat(moment).timestamp()) * _MICRO

    def _span(self, value: Located | None) -> int:
        if value is None:
            return 0
        found = _SPAN.fullmatch(str(value.data))
        if found is None:
            hint = "write `30 minutes`, `2 hours` or `1 day`"
            self.reader.note("`cadence` must be a length of time", value.at, hint)
            return 0
        return int(found[1]) * _SECONDS[found[2]]

    def _namings(self, value: Located | None, what: str) -> Iterator[Naming]:
        yield from self.reader.each(value, self._naming, what)

    def _naming(self, value: Located) -> Naming:
        fields = self.reader.fields(
            value, required=NAMING.required, what="a name in a log"
        )
        match = self.reader.text(fields.get("match"), "`match`") or ""
        node = self.reader.text(fields.get("is"), "`is`") or ""
        return Naming(match, node)
