"""Opens a payload: what it is, what is inside, and whether all of it was opened."""

from __future__ import annotations

import io
from pathlib import PurePosixPath
from typing import BinaryIO

from ringfence.egress.inspection.report import Coverage
from ringfence.egress.inspection.sightings import Doubt
from ringfence.egress.opening import (
    json_text,
    mail,
    markup,
    parquet,
    tables,
    tarred,
    telling,
    text,
    zipped,
)
from ringfence.egress.opening.caps import BROKEN, OVER, Budget, Caps, MiB
from ringfence.egress.opening.names import readings, spoken
from ringfence.egress.opening.packed import Packed
from ringfence.egress.opening.portions import Part, Portions, Told, gap, metadata
from ringfence.egress.opening.streams import (
    Counted,
    Readable,
    Recoded,
    Stream,
    of_file,
)
from ringfence.egress.payload import Payload

_PACKED = frozenset({"gzip", "zstd", "bzip2", "xz"})
_FILES = frozenset({"zip", "tar", "parquet"})
_WHYS = {
    "image": Doubt.IMAGE,
    "pdf": Doubt.IMAGE,
    "parquet-encrypted": Doubt.ENCRYPTED,
}


def opened(payload: Payload, file: BinaryIO, caps: Caps) -> Portions:
    """Yield all portions of a payload, whose content is a file."""
    size = file.seek(0, io.SEEK_END)
    yield metadata((), "name", readings(payload.name))
    for key, value in payload.stated.items():
        yield metadata((), spoken(key.lower(), "header"), [key, value])
    stated = telling.ending(payload)
    budget = Budget(caps, size)
    with budget.files:
        yield from Opening(budget).begin(file, payload.name, stated)


class Opening:
    """One payload that is being opened."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._caps = budget.caps

    def begin(self, file: BinaryIO, name: str, stated: tuple[str, str]) -> Portions:
        """Yield what a payload holds. `stated`: endings that name and media say."""
        yield from self._look(of_file(file), (), name, 0, stated)
        try:
            zipped.directory_of(file)
        except BROKEN:
            return
        file.seek(0)
        if telling.told(file.read(1024)) != "zip":
            yield gap((), Doubt.TWOFOLD)

    def _look(
        self,
        stream: Stream,
        part: Part,
        name: str,
        depth: int,
        stated: tuple[str, ...] | None = None,
    ) -> Portions:
        """Yield what a part holds, and a gap for what keeps it from being opened."""
        recoded = None
        for mark, encoding in telling.BOMS:
            if stream.head.startswith(mark):
                stream.read(len(mark))
                recoded = Recoded(stream, encoding)
                stream = Stream(recoded)
                break
        every = (telling.by_name(name),) if stated is None else stated
        endings = [one for one in every if one]
        form = telling.told(stream.head, (endings or [""])[0])
        if any(telling.differs(one, form) for one in endings) or (
            form in telling.TEXTUAL and b"%PDF-" in stream.head[:1024]
        ):
            yield gap(part, Doubt.TWOFOLD, Coverage.COMPLETE)
        if endings and not telling.by_name(name):
            name = f"{name or 'body'}.{endings[0]}"
        yield from self._guarded(stream, part, (form, name), depth)
        if recoded is not None and recoded.lost:
            yield gap(part, Doubt.UNREADABLE)

    def _guarded(
        self, stream: Stream, part: Part, told: tuple[str, str], depth: int
    ) -> Portions:
        shown = False
        try:
            for portion in self._format(stream, part, told, depth):
                shown = shown or (isinstance(portion, Told) and portion.part == part)
                yield portion
        except OVER:
            yield gap(part, Doubt.LIMIT)
        except BROKEN:
            yield gap(part, Doubt.MALFORMED)
            if told[0] in _FILES:
                yield from self._anyhow(stream, part)
        if not shown:
            yield Told(part, told[0])

    def _anyhow(self, stream: Stream, part: Part) -> Portions:
        """Yield what can be printed of a file that can't be opened."""
        try:
            file = stream.file(self._budget)
            yield from text.strings(Counted(file, self._budget), part, self._caps)
        except OVER:
            yield gap(part, Doubt.LIMIT)

    def _format(
        self, stream: Stream, part: Part, told: tuple[str, str], depth: int
    ) -> Portions:
        form = told[0]
        if form == "empty":
            return
        if form in telling.TEXTUAL:
            yield from self._textual(stream, part, told, depth)
        elif form in _PACKED:
            yield from self._packed(stream, part, told, depth)
        elif form in _FILES:
            yield from self._file(stream, part, form, depth)
        else:
            why = _WHYS.get(form, Doubt.UNKNOWN_FORMAT)
            yield from text.unknown(stream, part, self._caps, why)

    def _textual(
        self, stream: Stream, part: Part, told: tuple[str, str], depth: int
    ) -> Portions:
        form, name = told
        if form == "json":
            yield from json_text.json(stream, part, self._caps, telling.by_name(name))
        elif form == "csv":
            yield from tables.table(stream, part, self._caps, telling.by_name(name))
        elif form == "markup":
            yield from markup.markup(stream, part, self._caps)
        elif form == "mail":
            inward = self._inward(depth)
            yield from mail.mail(stream, part, self._budget, inward)
        else:
            yield from text.text(stream, part, self._caps)

    def _file(self, stream: Stream, part: Part, form: str, depth: int) -> Portions:
        file = stream.file(self._budget)
        if form == "parquet":
            yield from parquet.parquet(file, part, self._budget)
        elif form == "zip":
            inward = self._inward(depth)
            yield from zipped.archive(file, part, self._budget, inward)
        else:
            inward = self._inward(depth)
            yield from tarred.archive(file, part, self._budget, inward)

    def _packed(
        self, stream: Stream, part: Part, told: tuple[str, str], depth: int
    ) -> Portions:
        form, name = told
        packed = Packed(stream, form)
        bare = PurePosixPath(name).with_suffix("").name if name else ""
        yield from self._inward(depth)(packed, (*part, form), bare)
        rest = Counted(packed, self._budget)
        while rest.read(MiB):
            pass
        if packed.headers:
            yield metadata(part, "header", packed.headers)
        if packed.behind:
            behind = io.BytesIO(packed.behind)
            yield from text.strings(behind, part, self._caps)
            yield gap(part, Doubt.TRAILING)

    def _inward(self, depth: int) -> zipped.Inward:
        def inward(content: Readable, part: Part, name: str) -> Portions:
            self._budget.enter(depth + 1)
            stream = Stream(Counted(content, self._budget))
            yield from self._look(stream, part, name, depth + 1)

        return inward
