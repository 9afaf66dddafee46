"""`ringfence egress inspect`: whose data is in a file, before anybody sends it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ringfence.cli.streams import Progress, show
from ringfence.cli.words import Form, room

EXITS = """Exit codes: 0 nobody of the population and nothing undecided,
10 something can't be decided or wasn't looked through, 11 data of the
population, 12 the index isn't the one that was written, 1 the tool failed,
2 usage."""
_GROUP = """Exit codes: 0 done, and nothing is against it, 10 something is held or can't
be decided, 11 something is blocked, seen or goes round, 12 the index isn't
the one that was written, 1 the tool failed, 2 usage, 3 nothing was there.
Each command's own `--help` has its codes."""

_USAGE = "Usage: ringfence egress inspect --index PATH --key STR [OPTIONS] FILES..."

app = App(
    name="egress",
    help="What leaves: whose data is in it.",
    help_epilogue=_GROUP,
    help_format="plaintext",
)


@app.command(help_epilogue=EXITS, usage=_USAGE)
def inspect(
    *files: Path,
    index: Annotated[Path, Parameter(help="The folder of the index.")],
    key: Annotated[
        str, Parameter(help="The index's key: `file:`, `env:` or `command:` and where.")
    ],
    format: Form = "text",  # noqa: A002
) -> int:
    """Say whose data is in files, in which columns, and how it is written.

    Examples: `ringfence egress inspect mail.eml --index idx --key file:index.key`,
    `ringfence egress inspect *.csv --index idx --key env:INDEX_KEY --format json`.

    Parameters
    ----------
    files
        The files, of any format.
    """
    from ringfence.egress.index.keys import read_key
    from ringfence.egress.index.opened import open_index
    from ringfence.egress.inspector import Inspector
    from ringfence.egress.payload import Payload
    from ringfence.errors import ConfigError, Locus
    from ringfence.report import inspection_text

    if not files:
        hint = "name one file or more, of any format"
        raise ConfigError("no file is named", Locus("FILES"), hint)
    progress = Progress()
    inspector = Inspector(open_index(index, read_key(key)))
    found = []
    for file in files:
        # A name of other bytes than UTF-8 is told and looked through as it can be.
        told = os.fsencode(file).decode("utf-8", "backslashreplace")
        if not file.is_file():
            raise ConfigError("is no file", Locus(told), "check the path")
        progress(f"looking through {told}")
        found.append((told, inspector.inspect(Payload(Path(told).name, file))))
    progress.done()
    if format == "json":
        show(inspection_text.as_json(found))
    else:
        show(inspection_text.as_text(found, room(None)[0]))
    return int(inspection_text.exit_code(found))
