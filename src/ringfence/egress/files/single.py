"""One file through the exit, without an outbox."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ringfence.documents import durable
from ringfence.egress.exit.passage import Exit, Passage
from ringfence.egress.files.copying import copied, place
from ringfence.egress.files.names import odd
from ringfence.egress.files.store import StoreError
from ringfence.egress.payload import Payload
from ringfence.errors import ConfigError, Locus


def judged(exit_: Exit, channel: str, file: Path, output: Path | None) -> Passage:
    """Return the verdict on a file, and write what may leave by it.

    What is judged is a copy that nobody else can write, and so is what leaves.

    Args:
        exit_: The exit.
        channel: What it would leave by.
        file: The file.
        output: Where to write what may leave; None: nowhere.

    Raises:
        ConfigError: There is no such file, or something is where the output would go.
        UnjudgedError: There is no verdict.
        OSError: It can't be copied.
    """
    at = Locus(str(file))
    if odd(f"x/{file.name}"):
        raise ConfigError(odd(f"x/{file.name}"), at)
    if not file.is_file():
        raise ConfigError("is no file", at, "check the path")
    if output is not None and os.path.lexists(output):
        message = "is there already, and isn't overwritten"
        raise ConfigError(message, Locus(str(output)), "name another file")
    with tempfile.TemporaryDirectory(prefix="ringfence-") as folder:
        staged = Path(folder) / "payload"
        with staged.open("wb") as copy:
            taken = copied(file.absolute(), copy)
        passage = exit_.judge(channel, Payload(file.name, staged))
        if passage.inspection.content != taken.digest:
            raise StoreError("what was staged was changed", at)
        if output is not None and isinstance(passage.output, Path):
            place(passage.output, output)
            durable.sync(output.absolute().parent)
        return passage
