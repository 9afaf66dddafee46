"""Times as the server writes them, with the name of a zone or an offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ringfence.audit.readers.fields import UnreadableError
from ringfence.audit.readers.instants import from_text

_KNOWN = re.compile(r"UTC|GMT|Z|[+-]\d\d(?::?\d\d)?")
_SHAPE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d{1,6})? ([A-Za-z+\-0-9:]+)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moments:
    """Reads times.

    A zone's short name means many zones: only UTC and GMT are understood, and those of
    the one zone that the order says the server is in.
    """

    def __init__(self, where: ZoneInfo | None = None) -> None:
        self._where = where

    def instant(self, said: str) -> int:
        """Return the instant of a time, in microseconds.

        Raises:
            UnreadableError: It names no instant.
        """
        shape = _SHAPE.fullmatch(said)
        if shape is None:
            raise UnreadableError(f"`{said[:40]}` is no time with a zone")
        moment, fraction, zone = shape.groups()
        if _KNOWN.fullmatch(zone):
            return from_text(f"{moment}{fraction or ''} {zone}")
        if self._where is None:
            raise UnreadableError(f"zone `{zone}` may be many: say it with `zone`")
        return self._named(f"{moment}{fraction or ''}", zone)

    def _named(self, moment: str, name: str) -> int:
        """Return a local time's instant; in the hour twice shown, its name decides."""
        try:
            local = datetime.fromisoformat(moment)
        except ValueError:
            raise UnreadableError(f"`{moment}` is on no calendar") from None
        for fold in (0, 1):
            there = local.replace(tzinfo=self._where, fold=fold)
            again = there.astimezone(UTC).astimezone(self._where)
            if there.tzname() == name and again.replace(tzinfo=None) == local:
                return (there - _EPOCH) // timedelta(microseconds=1)
        raise UnreadableError(f"`{moment} {name}` is no time of the zone that is said")
