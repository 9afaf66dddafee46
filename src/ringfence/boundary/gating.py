"""The `gate` part of a boundary file: what is decided at each request, and enforced."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from ringfence.boundary.fields import GATE, MASKING, ROWS
from ringfence.boundary.model import Gate, Mask, Masking, Rows
from ringfence.boundary.sections import Sections
from ringfence.boundary.sentences import Names
from ringfence.boundary.vocabulary import VERB_GROUPS
from ringfence.documents.located import Located, Reader

Mode = Literal["fence", "grants"]
_MASKS: dict[str, Mask] = {mask: mask for mask in get_args(Mask)}
_MODES: dict[str, Mode] = {mode: mode for mode in get_args(Mode)}
_STARS = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Gating:
    """Reads what is enforced."""

    reader: Reader
    sections: Sections
    names: Names

    def gate(self, value: Located | None) -> Gate | None:
        """Return what the gate enforces, or None where nothing is said of it."""
        if value is None:
            return None
        fields = self.reader.fields(
            value, required=GATE.required, optional=GATE.optional, what="a gate"
        )
        get = fields.get
        names = self.names
        mode = self.reader.choice(get("mode"), _MODES, "mode")
        rows = self.reader.each(get("rows"), self._rows, "`rows`")
        masks = self.reader.each(get("masks"), self._masking, "`masks`")
        return Gate(
            excluded=self.sections.chosen(get("excluded"), names.selectors, "selector"),
            protected=self.sections.chosen(
                get("protected"), names.protections, "protection"
            ),
            verbs=self.sections.chosen(get("verbs"), VERB_GROUPS, "verb") or ("any",),
            exceptions=self.sections.chosen(
                get("exceptions"), names.exceptions, "exception"
            ),
            mode=_MODES[mode] if mode else "fence",
            publish=self.reader.flag(get("publish"), "`publish`") or False,
            rows=tuple(rows),
            masks=tuple(masks),
        )

    def _rows(self, value: Located) -> Rows:
        fields = self.reader.fields(
            value, required=ROWS.required, what="a part of `rows`"
        )
        stated = fields.get("column")
        column = self.reader.text(stated, "`column`") or ""
        if stated is not None and _STARS.search(column):
            hint = "name the one column that says whose a row is"
            self.reader.note(f"`{column}` is a pattern, no column", stated.at, hint)
        values = self.sections.filled(fields.get("values"), "`values`")
        return Rows(
            self.sections.patterns(fields.get("datasets"), "dataset"),
            column,
            tuple(dict.fromkeys(text for text, _ in values)),
        )

    def _masking(self, value: Located) -> Masking | None:
        fields = self.reader.fields(
            value, required=MASKING.required, what="a part of `masks`"
        )
        stated = fields.get("mask")
        if stated is not None and stated.data is None:  # YAML's own `null` is clear
            stated = Located("null", stated.at)
        mask = self.reader.choice(stated, _MASKS, "mask")
        columns = self.sections.patterns(fields.get("columns"), "column")
        return Masking(columns, _MASKS[mask]) if mask else None
