"""The `exit` part of a configuration: what an exit is made of, as a file says it.

One file may serve every surface of a machine: `exit`, and a section for each surface.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Self

from ringfence.documents.located import Located, Reader
from ringfence.egress.detectors.detector import Detector
from ringfence.egress.detectors.registry import detector
from ringfence.egress.exit.made import Settings
from ringfence.errors import ConfigError, Locus, Problem

MOST_DAYS = 36_500
SECTIONS = (
    "exit",
    "files",
    "staging",
    "status",
    "proxy",
    "ext_proc",
    "limits",
    "relay",
)
_NEEDED = ("contracts", "index", "key", "ledger", "meter")
_FURTHER = ("token_key", "max_age_days", "detectors", "others", "others_key")


@dataclass(frozen=True, slots=True)
class Parts:
    """What is said of an exit; what is None wasn't.

    Attributes:
        contracts: The file of contracts. `index`: the index's folder.
        key: Words that name its key. `token_key`: the same, for the key of tokens.
        ledger: The ledger's folder. `meter`: the meter's file.
        max_age_days: How old the index may be.
        detectors: What looks for what the index doesn't know.
        others: The folder of an index of everybody else. `others_key`: its key.
    """

    contracts: Path | None = None
    index: Path | None = None
    key: str | None = None
    ledger: Path | None = None
    meter: Path | None = None
    token_key: str | None = None
    max_age_days: int | None = None
    detectors: tuple[Detector, ...] | None = None
    others: Path | None = None
    others_key: str | None = None

    def over(self, other: Self) -> Self:
        """Return what this says, and for the rest what another does."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return replace(other, **{k: v for k, v in given.items() if v is not None})

    def settings(self, staging: Path | None = None) -> Settings:
        """Return what an exit is made of.

        Args:
            staging: Folder for masked files; None: beside each payload.

        Raises:
            ConfigError: Something isn't said; the error carries all of it.
        """
        missing = [one for one in _NEEDED if getattr(self, one) is None]
        if missing:
            hint = "say it here, or below `exit:` in the file that `--config` names"
            raise ConfigError.of(
                Problem("isn't said", Locus(f"--{one}"), hint) for one in missing
            )
        days = self.max_age_days
        return Settings(
            contracts=self.contracts or Path(),
            index=self.index or Path(),
            key=self.key or "",
            ledger=self.ledger or Path(),
            meter=self.meter or Path(),
            token_key=self.token_key or "",
            max_age=None if days is None else timedelta(days=min(days, MOST_DAYS)),
            staging=staging,
            detectors=self.detectors or (),
            others=self.others,
            others_key=self.others_key or "",
        )


@dataclass(frozen=True, slots=True)
class Ordered:
    """Reads what an exit is made of.

    Attributes:
        take: Takes values, and notes what is wrong with them.
        base: The folder that files are relative to, those of keys too.
    """

    take: Reader
    base: Path

    def sections(
        self, root: Located, required: tuple[str, ...], moved: Mapping[str, str]
    ) -> dict[str, Located]:
        """Return the sections of a configuration.

        Args:
            root: The configuration. Sections of other surfaces may be in it.
            required: Sections that have to be.
            moved: Sections by what stands in them, and not beside them.
        """
        flat = {**dict.fromkeys((*_NEEDED, *_FURTHER), "exit"), **moved}
        data = root.data if isinstance(root.data, dict) else {}
        astray = {one: flat[one] for one in data if one in flat and one not in SECTIONS}
        for section in dict.fromkeys(astray.values()):
            names = [one for one, where in astray.items() if where == section]
            told = ", ".join(f"`{one}`" for one in names)
            first = data[names[0]]
            hint = f"write `{section}:`, and below it, indented, {told}"
            message = f"{told} belong{'s' * (len(names) == 1)} into `{section}`"
            self.take.note(message, first.key_at or first.at, hint)
        rest = {one: value for one, value in data.items() if one not in astray}
        found = Located(rest, root.at) if isinstance(root.data, dict) else root
        needed = tuple(one for one in required if one not in astray.values())
        others = tuple(one for one in SECTIONS if one not in needed)
        what = "the configuration"
        return self.take.fields(found, required=needed, optional=others, what=what)

    def settings(
        self, value: Located | None, staging: Path | None = None
    ) -> Settings | None:
        """Return what is said; None where something is missing, which is noted."""
        if value is None:
            return None
        told = self._told(value, required=_NEEDED, optional=_FURTHER)
        if any(getattr(told, one) is None for one in _NEEDED):
            return None
        return told.settings(staging)

    def parts(self, value: Located | None) -> Parts:
        """Return what is said, however little."""
        if value is None:
            return Parts()
        return self._told(value, optional=(*_NEEDED, *_FURTHER))

    def file(self, value: Located | None, what: str) -> Path | None:
        """Return a file, or a folder; None where there is none, or no name of one."""
        text = self.take.text(value, what)
        if value is None or text is None:
            return None
        if "\0" in text:
            self.take.note(f"{what} is no name of a file", value.at)
            return None
        return self.base / text

    def _told(self, value: Located, **names: tuple[str, ...]) -> Parts:
        get = self.take.fields(value, what="`exit`", **names).get
        detectors = get("detectors")
        return Parts(
            contracts=self.file(get("contracts"), "`contracts`"),
            index=self.file(get("index"), "`index`"),
            key=self._key(get("key"), "`key`"),
            ledger=self.file(get("ledger"), "`ledger`"),
            meter=self.file(get("meter"), "`meter`"),
            token_key=self._key(get("token_key"), "`token_key`"),
            max_age_days=self.take.whole(
                get("max_age_days"), "`max_age_days`", least=1
            ),
            detectors=None if detectors is None else tuple(self._detectors(detectors)),
            others=self.file(get("others"), "`others`"),
            others_key=self._key(get("others_key"), "`others_key`"),
        )

    def _key(self, value: Located | None, what: str) -> str | None:
        words = self.take.text(value, what)
        return None if words is None else key_in(self.base, words)

    def _detectors(self, value: Located) -> Iterator[Detector]:
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
