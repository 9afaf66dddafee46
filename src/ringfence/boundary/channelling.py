"""The `egress` part of a boundary file: what may leave, by declared channels."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar, get_args

from ringfence.boundary.channels import (
    Channel,
    ChannelMask,
    ColumnType,
    Declared,
    Egress,
    Holds,
)
from ringfence.boundary.fields import CHANNEL, DECLARED, EGRESS
from ringfence.boundary.sections import MOST_SUBJECTS, Sections
from ringfence.boundary.sentences import Names
from ringfence.documents.located import Located, Reader

_Word = TypeVar("_Word", bound=str)
TYPES: dict[str, ColumnType] = {one: one for one in get_args(ColumnType)}
MASKS: dict[str, ChannelMask] = {one: one for one in get_args(ChannelMask)}
HOLDS: dict[str, Holds] = {one: one for one in get_args(Holds)}
RECIPIENTS = ("person", "group", "legal_entity", "service_account", "tool", "store")
ENDS = ("store", "host")


@dataclass(frozen=True, slots=True)
class Channelling:
    """Reads what may leave."""

    reader: Reader
    sections: Sections
    names: Names

    def egress(self, value: Located | None) -> Egress | None:
        """Return what may leave, or None where nothing is said of it."""
        if value is None:
            return None
        fields = self.reader.fields(
            value, required=EGRESS.required, optional=EGRESS.optional, what="`egress`"
        )
        get, chosen = fields.get, self.sections.chosen
        self.sections.unique(get("channels"), "name", "channel")
        return Egress(
            excluded=chosen(get("excluded"), self.names.selectors, "selector"),
            protected=chosen(get("protected"), self.names.protections, "protection"),
            channels=tuple(
                self.reader.each(get("channels"), self._channel, "`channels`")
            ),
        )

    def _channel(self, value: Located) -> Channel:
        fields = self.reader.fields(
            value,
            required=CHANNEL.required,
            optional=CHANNEL.optional,
            what="a channel",
        )
        get, take = fields.get, self.reader
        name = self.sections.name(get("name"), "a channel")
        since = take.moment(get("from"), "`from`") or ""
        columns = tuple(take.each(get("columns"), self._declared, "`columns`"))
        self.sections.unique(get("columns"), "name", "column")
        text = take.flag(get("text"), "`text`") or False
        if fields and not columns and not text:
            hint = "add `columns`, or `text: true`"
            take.note(f"channel `{name}` carries nothing", value.at, hint)
        channel = Channel(
            name,
            recipients=self._ids(get("recipients"), RECIPIENTS, "`recipients`"),
            purpose=take.text(get("purpose"), "`purpose`") or "",
            owner=take.text(get("owner"), "`owner`") or "",
            approver=self._approver(fields),
            until=self.sections.expiry(value, fields, f"channel `{name}`", since),
            since=since,
            columns=columns,
            text=text,
            cap=self._most(get("cap"), "`cap`"),
            cell=self._most(get("cell"), "`cell`"),
            takes=self.sections.patterns(get("takes"), "dataset"),
            ends=self._ids(get("ends"), ENDS, "`ends`"),
            exception=take.choice(get("exception"), self.names.exceptions, "exception")
            or "",
        )
        self._check_counts(channel, get("cell"), value)
        return channel

    def _check_counts(
        self, channel: Channel, cell: Located | None, value: Located
    ) -> None:
        counts = [one for one in channel.columns if one.holds == "count"]
        if counts and channel.cell == 0:
            hint = "add `cell: 10`: a smaller count of people doesn't leave"
            message = f"channel `{channel.name}` has a count and no smallest cell"
            self.reader.note(message, value.at, hint)
        if cell is not None and not counts:
            hint = "say `holds: count` of the column that counts people"
            message = f"channel `{channel.name}` has a smallest cell and no count"
            self.reader.note(message, cell.at, hint)

    def _declared(self, value: Located) -> Declared | None:
        fields = self.reader.fields(
            value,
            required=DECLARED.required,
            optional=DECLARED.optional,
            what="a column of a channel",
        )
        get = fields.get
        kind = self._word(get("type"), TYPES, "type")
        mask = self._mask(get("mask"))
        holds = self._word(get("holds"), HOLDS, "word for `holds`") or "value"
        name = self.reader.text(get("name"), "a column's name") or ""
        tag = self.reader.text(get("tag"), "`tag`") or ""
        opaque = self.reader.flag(get("opaque"), "`opaque`") or False
        stated = get("holds")
        if stated is not None and holds == "count" and kind not in ("", "integer"):
            hint = "write `type: integer`"
            self.reader.note(
                f"column `{name}` counts people in a {kind}", stated.at, hint
            )
        return Declared(name, kind, tag, mask or "", holds, opaque) if kind else None

    def _mask(self, stated: Located | None) -> ChannelMask | None:
        if stated is not None and stated.data is None:  # YAML's own `null` is clear
            stated = Located("null", stated.at)
        return self._word(stated, MASKS, "mask")

    def _word(
        self, value: Located | None, words: Mapping[str, _Word], what: str
    ) -> _Word | None:
        chosen = self.reader.choice(value, words, what)
        return words.get(chosen) if chosen else None

    def _most(self, value: Located | None, what: str) -> int:
        number = self.reader.whole(value, what, least=0) or 0
        if value is not None and number > MOST_SUBJECTS:
            self.reader.note(f"{what} must be {MOST_SUBJECTS:,} or less", value.at)
            return MOST_SUBJECTS
        return number

    def _approver(self, fields: Mapping[str, Located]) -> str:
        stated = fields.get("approver")
        found = self._ids(stated, ("person",), "`approver`")
        if stated is None or not found:
            return ""
        if len(found) > 1:
            self.reader.note("a channel has one approver", stated.at)
        owner = fields.get("owner")
        if owner is not None and owner.text() in (found[0], found[0][len("person:") :]):
            hint = "somebody else has to approve what one answers for"
            self.reader.note("the owner approves the own channel", stated.at, hint)
        return found[0]

    def _ids(
        self, value: Located | None, kinds: Collection[str], what: str
    ) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for text, at in self.sections.filled(value, what):
            kind, colon, name = unicodedata.normalize("NFC", text).partition(":")
            if kind not in kinds or not (colon and name):
                hint = "ids begin with " + ", ".join(f"`{one}:`" for one in kinds)
                self.reader.note(f"`{text}` can't stand in {what}", at, hint)
            found[f"{kind}:{name.casefold() if kind == 'person' else name}"] = None
        return tuple(found)
