"""The shapes in which OpenLineage arrives: one event, a list, lines, or within logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ringfence.documents.json import read_json
from ringfence.documents.located import Located
from ringfence.errors import Locus, SourceError
from ringfence.sources.gathering import Gatherer

# An event has at least one of these; `dataset` alone makes a dataset event.
_OWN = ("inputs", "outputs", "dataset", "job")
_LISTS = ("events", "lineage_events", "results")
# Where loggers, brokers and cloud envelopes put what they carry.
_WRAPPERS = ("event", "payload", "data", "body", "value", "message", "msg", "log")
_DEEPEST = 6


@dataclass(slots=True)
class Feed:
    """The events of some files, and how much there was besides."""

    gatherer: Gatherer
    events: list[Located] = field(default_factory=list)
    others: int = 0

    def take(self, file: str) -> None:
        """Read one file.

        Raises:
            SourceError: It is neither JSON nor lines that carry events.
        """
        before = len(self.events), self.others
        for value in self._values(file):
            self._add(value, 0)
        if len(self.events) == before[0]:
            hint = "an event has `inputs`, `outputs`, `job` or `dataset`"
            self.gatherer.reader.note("holds no OpenLineage event", Locus(file), hint)
        if self.others > before[1]:
            message = f"values that are no events: {self.others - before[1]}"
            self.gatherer.remark(message, Locus(file))

    def _values(self, file: str) -> list[Located]:
        try:
            return self.gatherer.json(file)
        except SourceError:
            found = list(self._logged(file))
            if not found:
                raise
            return found

    def _logged(self, file: str) -> Iterator[Located]:
        """Yield the JSON objects that stand at the ends of a log's lines."""
        text = self.gatherer.order.text(file)
        for number, line in enumerate(text.split("\n"), start=1):
            brace = line.find("{")
            if brace < 0:
                continue
            try:
                value = read_json(line[brace:].strip(), f"{file}:{number}")
            except SourceError:
                if any(f'"{key}"' in line for key in ("inputs", "outputs")):
                    # A line that is cut off hides lineage.
                    hint = "is the log whole?"
                    at = Locus(f"{file}:{number}")
                    self.gatherer.reader.note("an event is not JSON", at, hint)
                continue
            if _is_event(value):
                yield value

    def _add(self, value: Located, depth: int) -> None:
        if isinstance(value.data, list):
            for part in value.data:
                self._add(part, depth)
        elif _is_event(value):
            self.events.append(value)
        elif not self._unwrap(value, depth):
            self.others += 1

    def _unwrap(self, value: Located, depth: int) -> bool:
        """Take the events out of what carries them; tell whether there were any."""
        before = len(self.events)
        if depth > _DEEPEST or not isinstance(value.data, dict):
            return False
        for key in (*_LISTS, *_WRAPPERS):
            inner = value.get(key)
            if inner is None:
                continue
            if isinstance(inner.data, str):
                inner = _written(inner)
            if inner is not None and isinstance(inner.data, dict | list):
                self._add(inner, depth + 1)
        return len(self.events) > before


def _is_event(value: Located) -> bool:
    if not isinstance(value.data, dict):
        return False
    return any(
        isinstance(part.data, dict | list)
        for key in _OWN
        if (part := value.get(key)) is not None
    )


def _written(value: Located) -> Located | None:
    """Return the JSON that a text holds."""
    brace = value.text().find("{")
    if brace < 0:
        return None
    try:
        return read_json(value.text()[brace:].strip(), str(value.at))
    except SourceError:
        return None
