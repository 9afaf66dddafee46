"""tar, with the headers of its members, and what lies behind their contents."""

from __future__ import annotations

import io
import tarfile
from typing import BinaryIO

from ringfence.egress.inspection.report import Coverage
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening.caps import BrokenError, Budget, MiB
from ringfence.egress.opening.names import readings, spoken
from ringfence.egress.opening.portions import Part, Portions, gap, metadata
from ringfence.egress.opening.streams import Counted
from ringfence.egress.opening.text import strings
from ringfence.egress.opening.zipped import Inward

_BLOCK = 512


def archive(file: BinaryIO, part: Part, budget: Budget, inward: Inward) -> Portions:
    """Yield what every member holds, its header, and what is behind the last one."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    at = number = 0
    with tarfile.open(fileobj=file, mode="r:") as found:
        while member := found.next():
            number += 1
            budget.enter(0)
            at = member.offset_data
            yield from _header(file, member, part)
            if not member.isreg() or member.size < 0:
                continue
            inner = (*part, spoken(member.name, f"member {number}"))
            content = found.extractfile(member)
            if content is None:
                raise BrokenError
            yield from inward(content, inner, member.name)
            at, padded = _end(file, member, size)
            if padded:
                yield metadata(part, "padding", [padded])
                yield gap(part, Doubt.TRAILING, Coverage.COMPLETE)
    file.seek(at)
    yield from _behind(file, part, budget)


def _header(file: BinaryIO, member: tarfile.TarInfo, part: Part) -> Portions:
    texts = [*readings(member.name), member.linkname, member.uname, member.gname]
    texts += [text for pair in member.pax_headers.items() for text in pair]
    file.seek(member.offset)
    raw = file.read(min(member.offset_data - member.offset, MiB))
    texts += [one.decode("latin-1") for one in raw.split(b"\0")]
    yield metadata(part, "header", [text for text in texts if text])


def _end(file: BinaryIO, member: tarfile.TarInfo, size: int) -> tuple[int, str]:
    """Return where a member's blocks end, and what their padding holds."""
    if member.issparse():
        return member.offset_data, ""
    end = member.offset_data + member.size
    if end > size:
        raise BrokenError
    file.seek(end)
    padding = file.read(-end % _BLOCK)
    return end + len(padding), padding.strip(b"\0").decode("latin-1")


def _behind(file: BinaryIO, part: Part, budget: Budget) -> Portions:
    """Yield what lies behind the last member, where there should be nothing."""
    start = file.tell()
    while block := file.read(MiB):
        if block.strip(b"\0"):
            file.seek(start)
            yield from strings(Counted(file, budget), part, budget.caps)
            yield gap(part, Doubt.TRAILING)
            return
