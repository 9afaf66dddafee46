"""`ringfence collect` and `ringfence sources`: one source alone, and the list."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ringfence.cli.streams import complain, show
from ringfence.cli.words import MaybeOutput, now
from ringfence.errors import ConfigError, ExitCode, Locus, RingfenceError, printable


def collect(
    kind: str,
    /,
    *files: str,
    source: str | None = None,
    set: Annotated[tuple[str, ...], Parameter(negative="")] = (),  # noqa: A002
    collected: str | None = None,
    output: MaybeOutput = None,
) -> int:
    """Read one source, near its system, and write a portable facts file.

    Knows no boundary. Examples:
    `ringfence collect postgres --set store=warehouse --set dsn_env=PGDSN -o w.jsonl`,
    `ringfence collect people-csv people.csv --set 'columns={id: email}'`.

    Parameters
    ----------
    kind
        Kind of source; `ringfence sources` lists them.
    files
        Files to read, for kinds that read files.
    source
        Name of the source in the facts; by default its kind.
    set
        An option of the source, `name=value`; the value is YAML.
    collected
        When the input was taken; by default now.
    output
        File to write; by default standard output.
    """
    from ringfence.claims.collect import gathered
    from ringfence.estate.facts import line
    from ringfence.sources.registry import source as find

    if set and not find(kind, Locus(kind)).options:
        raise ConfigError(f"`{kind}` takes no options", Locus("--set"), "leave it out")
    when = collected or now()
    facts = gathered(kind, files, source=source or kind, options=set, collected=when)
    content = b"".join(line(fact) + b"\n" for fact in facts)
    if output is None:
        show(content)
    else:
        output.write_bytes(content)
        complain(f"{len(facts)} facts written to {printable(str(output))}")
    return int(ExitCode.ALL_UPHELD)


def sources() -> int:
    """List the kinds of source that can be read."""
    from ringfence.sources.registry import kinds, source

    for kind in sorted(kinds()):
        try:
            show(f"{kind:<16}{source(kind).summary}\n")
        except RingfenceError as error:
            complain(str(error))
    return int(ExitCode.ALL_UPHELD)
