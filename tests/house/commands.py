"""The command line as a value: every command with its options."""

from __future__ import annotations

from collections.abc import Iterator

from cyclopts import App

from ringfence.cli import app


def commands(below: App = app, path: tuple[str, ...] = ()) -> Iterator[tuple[str, App]]:
    """Yield every command that does something, by its full name."""
    for name in below:
        if name.startswith("-"):
            continue
        command = below[name]
        if command.default_command is not None:
            yield " ".join((*path, name)), command
        yield from commands(command, (*path, name))


def options(command: App) -> Iterator[str]:
    """Yield the options of a command, without what stands for itself by position."""
    for argument in command.assemble_argument_collection():
        if argument.show and argument.index is None:
            yield argument.names[0]
