"""`relay.yaml`: what is relayed from where to where, and by which exit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ringfence.documents.files import decode, read_bytes
from ringfence.documents.located import Located, Reader
from ringfence.documents.yaml import read_yaml
from ringfence.egress.exit.made import Settings
from ringfence.egress.exit.ordered import Ordered
from ringfence.egress.relay.plan import Plan
from ringfence.egress.relay.transactions import BYTES, CHANGES, Caps
from ringfence.errors import ConfigError

_REQUIRED = ("slot", "publications", "tables", "inside", "outside")
_OPTIONAL = ("quarantine", "transaction")
_SLOT = re.compile(r"[a-z0-9_]{1,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BAD_NAME = re.compile(r'["\x00-\x1f]')


@dataclass(frozen=True, slots=True)
class Config:
    """What a relay is told.

    Attributes:
        plan: What is relayed.
        inside: The variable that holds how the database inside is reached.
        outside: The variable that holds how the database outside is reached.
        settings: What the exit is made of.
    """

    plan: Plan
    inside: str
    outside: str
    settings: Settings


def read_config(file: Path) -> Config:
    """Return what a file says.

    Raises:
        ConfigError: It can't be used; the error carries every problem.
        SourceError: It can't be read, or is not YAML.
    """
    name = str(file)
    return parse_config(decode(read_bytes(file, name), name), name, file.parent)


def parse_config(text: str, name: str, base: Path) -> Config:
    """Return what a text says.

    Args:
        text: The text.
        name: What places call it.
        base: The folder that files are relative to.

    Raises:
        ConfigError: It can't be used; the error carries every problem.
        SourceError: It is not YAML.
    """
    reading = _Reading(Reader(), base)
    found = reading.config(read_yaml(text, name))
    if found is None or reading.take.problems:
        raise ConfigError.of(reading.take.problems)
    return found


@dataclass(slots=True)
class _Reading:
    take: Reader
    base: Path

    @property
    def _ordered(self) -> Ordered:
        return Ordered(self.take, self.base)

    def config(self, root: Located) -> Config | None:
        moved = dict.fromkeys((*_REQUIRED, *_OPTIONAL), "relay")
        sections = self._ordered.sections(root, ("exit", "relay"), moved)
        settings = self._ordered.settings(sections.get("exit"))
        own = sections.get("relay")
        if own is None:
            return None
        what = "`relay`"
        get = self.take.fields(own, required=_REQUIRED, optional=_OPTIONAL, what=what)
        plan = Plan(
            slot=self._fit(get.get("slot"), _SLOT, "`slot`"),
            publications=self._publications(get.get("publications")),
            tables=self._tables(get.get("tables")),
            quarantine=self._ordered.file(get.get("quarantine"), "`quarantine`")
            or self.base / "quarantine",
            caps=self._caps(get.get("transaction")),
        )
        inside = self._fit(get.get("inside"), _VARIABLE, "`inside`")
        outside = self._fit(get.get("outside"), _VARIABLE, "`outside`")
        return None if settings is None else Config(plan, inside, outside, settings)

    def _fit(self, value: Located | None, form: re.Pattern[str], what: str) -> str:
        text = self.take.text(value, what)
        if value is None or text is None:
            return ""
        if not form.fullmatch(text):
            is_slot = form is _SLOT
            hint = "a-z, 0-9 and _" if is_slot else "name an environment variable"
            self.take.note(f"{what} is no name that can be used", value.at, hint)
        return text

    def _publications(self, value: Located | None) -> tuple[str, ...]:
        found = self.take.located_texts(value, "`publications`")
        for name, at in found:
            if _BAD_NAME.search(name):
                self.take.note("a publication's name can't hold that", at)
        if value is not None and not found:
            self.take.note("`publications` names none", value.at)
        return tuple(dict.fromkeys(name for name, _ in found))

    def _tables(self, value: Located | None) -> Mapping[str, str]:
        found = {}
        for table, channel in self.take.entries(value, "`tables`").items():
            schema, dot, name = table.partition(".")
            if not (schema and dot and name):
                at = channel.key_at or channel.at
                self.take.note(f"`{table}` is no `schema.table`", at)
            found[table] = self.take.text(channel, "a channel") or ""
        if value is not None and not found:
            self.take.note("`tables` names none", value.at)
        return found

    def _caps(self, value: Located | None) -> Caps:
        if value is None:
            return Caps()
        what = "`transaction`"
        get = self.take.fields(value, optional=("changes", "bytes"), what=what).get
        changes = self.take.whole(get("changes"), "`changes`", least=1)
        size = self.take.whole(get("bytes"), "`bytes`", least=1)
        return Caps(changes or CHANGES, size or BYTES)
