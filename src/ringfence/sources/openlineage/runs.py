"""Events put together: what one run reads and writes, however many events say so."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ringfence.documents.located import Located, describe, parse_moment
from ringfence.errors import Locus
from ringfence.sources.gathering import Gatherer
from ringfence.sources.openlineage.facets import column_facet
from ringfence.sources.openlineage.model import Output, Run
from ringfence.sources.openlineage.naming import Name, Naming, name_of

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_READ = frozenset(
    {"schema", "symlinks", "columnLineage", "sql", "jobType", "dataSource"}
)


@dataclass(slots=True)
class Runs:
    """Collects events into runs.

    Attributes:
        gatherer: Takes the problems.
        naming: Sees every name.
        found: The runs, by their ids, or by their jobs where there are none.
        unread: How often each facet was not read.
        undated: How many events say no time that can be understood.
    """

    gatherer: Gatherer
    naming: Naming
    found: dict[tuple[str, ...], Run] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)
    undated: int = 0

    def add(self, event: Located) -> None:
        """Add one event."""
        stated = event.get("eventTime")
        since = parse_moment(stated.text()) if stated is not None else None
        self.undated += since is None
        run = self.found.setdefault(self._key(event), Run())
        run.since.append(since or "")
        for part in self._datasets(event, "inputs"):
            name = self._see(part, run)
            if name is not None:
                run.inputs.setdefault(name, part.at)
        outputs = self._datasets(event, "outputs")
        dataset = event.get("dataset")
        if dataset is not None and dataset.data is not None:
            outputs.append(dataset)
        for part in outputs:
            self._output(part, run, since or "")
        self._job(event, run)

    def _key(self, event: Located) -> tuple[str, ...]:
        run, job = event.get("run"), event.get("job")
        id_ = run.get("runId") if run is not None else None
        if id_ is not None and _UUID.fullmatch(id_.text()):
            return ("run", id_.text().lower())
        parts = [
            job.get(key) if job is not None else None for key in ("namespace", "name")
        ]
        if parts[1] is not None and parts[1].text():
            return ("job", *(part.text() if part else "" for part in parts))
        return ("event", str(event.at))

    def _datasets(self, event: Located, key: str) -> list[Located]:
        value = event.get(key)
        if value is None or value.data is None:
            return []
        return self.gatherer.reader.each(value, lambda part: part, f"`{key}`")

    def _see(self, value: Located, run: Run) -> Name | None:
        """Note a dataset with its other names and its columns; return its name."""
        reader = self.gatherer.reader
        if not isinstance(value.data, dict):
            reader.note(f"a dataset must be an object, not {describe(value)}", value.at)
            return None
        name = name_of(value)
        if name is None:
            reader.note("a dataset needs `name`", value.at)
            return None
        self.naming.see(name)
        facets = value.get("facets")
        if facets is not None and isinstance(facets.data, dict):
            self._symlinks(name, facets)
            columns = [column for column, _ in _columns(facets)]
            if columns:
                run.columns[name] = tuple(columns)
            for key in facets.data:
                if key not in _READ:
                    self.unread[key] = self.unread.get(key, 0) + 1
        return name

    def _symlinks(self, name: Name, facets: Located) -> None:
        facet = facets.get("symlinks")
        identifiers = None if facet is None else facet.get("identifiers")
        for one in identifiers.items() if identifiers is not None else []:
            other = name_of(one)
            if other is None:
                self.gatherer.reader.note("a symlink needs `name`", one.at)
                continue
            kind = one.get("type")
            is_table = kind is not None and kind.text().upper() == "TABLE"
            if not other.namespace:
                other = Name(name.namespace, other.name)
            self.naming.same(name, other, other_is_table=is_table)

    def _output(self, value: Located, run: Run, since: str) -> None:
        name = self._see(value, run)
        if name is None:
            return
        output = run.outputs.setdefault(name, Output(value.at))
        facets = value.get("facets")
        if facets is None or not isinstance(facets.data, dict):
            return
        output.columns |= dict(_columns(facets))
        lineage = facets.get("columnLineage")
        if lineage is None or lineage.data is None:
            return
        facet = column_facet(self.gatherer.reader, lineage, since)
        if facet is None:
            return
        for inputs in (*facet.fields.values(), facet.rows):
            for one in inputs:
                if one.name is not None and one.name.namespace:
                    self.naming.see(one.name)
        output.facets.append(facet)

    def _job(self, event: Located, run: Run) -> None:
        job = event.get("job")
        facets = None if job is None else job.get("facets")
        if facets is None or not isinstance(facets.data, dict):
            return
        sql = facets.get("sql")
        query = None if sql is None else sql.get("query")
        if sql is not None and query is not None and query.text().strip():
            dialect = sql.get("dialect")
            run.sql[query.text()] = (dialect.text() if dialect else "", query.at)
        for key in facets.data:
            if key not in _READ:
                self.unread[key] = self.unread.get(key, 0) + 1


def _columns(facets: Located) -> list[tuple[str, Locus]]:
    """Return the columns that a schema facet lists, with their places."""
    schema = facets.get("schema")
    fields = None if schema is None else schema.get("fields")
    found = []
    for one in fields.items() if fields is not None else []:
        name = one.get("name")
        if name is not None and name.text().strip():
            found.append((name.text(), one.at))
    return found
