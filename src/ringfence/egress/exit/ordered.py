"""The `exit` part of a configuration: what an exit is made of, as a file says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ringfence.documents.located import Located, Reader
from ringfence.egress.detectors.detector import Detector
from ringfence.egress.detectors.registry import detector
from ringfence.egress.exit.made import Settings
from ringfence.errors import ConfigError

MOST_DAYS = 36_500
_NEEDED = ("contracts", "index", "key", "ledger", "meter")
_FURTHER = ("token_key", "max_age_days", "detectors")


@dataclass(frozen=True, slots=True)
class Ordered:
    """Reads what an exit is made of.

    Attributes:
        take: Takes values, and notes what is wrong with them.
        base: The folder that files are relative to, those of keys too.
    """

    take: Reader
    base: Path

    def settings(
        self, value: Located | None, staging: Path | None = None
    ) -> Settings | None:
        """Return what is said; None where something is missing, which is noted."""
        if value is None:
            return None
        take = self.take
        get = take.fields(value, required=_NEEDED, optional=_FURTHER, what="`exit`").get
        contracts, index, ledger, meter = (
            self.file(get(one), f"`{one}`")
            for one in ("contracts", "index", "ledger", "meter")
        )
        key = take.text(get("key"), "`key`")
        token = take.text(get("token_key"), "`token_key`")
        days = take.whole(get("max_age_days"), "`max_age_days`", least=1)
        detectors = tuple(self._detectors(get("detectors")))
        if not (contracts and index and ledger and meter and key):
            return None
        return Settings(
            contracts,
            index,
            key_in(self.base, key),
            ledger,
            meter,
            token_key=key_in(self.base, token) if token else "",
            max_age=None if days is None else timedelta(days=min(days, MOST_DAYS)),
            staging=staging,
            detectors=detectors,
        )

    def file(self, value: Located | None, what: str) -> Path | None:
        """Return a file, or a folder; None where there is none, or no name of one."""
        text = self.take.text(value, what)
        if value is None or text is None:
            return None
        if "\0" in text:
            self.take.note(f"{what} is no name of a file", value.at)
            return None
        return self.base / text

    def _detectors(self, value: Located | None) -> Iterator[Detector]:
        for name, at in self.take.located_texts(value, "`detectors`"):
            try:
                yield detector(name)
            except ConfigError as error:
                found = error.problems[0]
                self.take.note(found.message, at, found.hint)


def key_in(base: Path, words: str) -> str:
    """Return the words that name a key; its file is relative to a folder."""
    kind, _, name = words.partition(":")
    return f"file:{base / name}" if kind == "file" and name else words
