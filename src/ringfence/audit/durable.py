"""Folders that are there whole or not at all, whatever moment the power fails in.

What is written goes to a folder with a dot before its name, is brought to the disk, and
gets its name by one rename. A folder with a dot is a leftover, and goes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import duckdb

from ringfence.documents import durable
from ringfence.errors import Locus, RingfenceError

LOCK = "lock"
MEMORY = "512MB"  # what the database may hold; the rest lies in its folder
MANY = 64  # files that are brought to the disk one by one
THREADS = 4  # each holds buffers of its own


def locked(folder: Path) -> AbstractContextManager[None]:
    """Keep every other run out of a folder, which is made if need be.

    Raises:
        RingfenceError: Another run is at work there, or nothing can be written there.
    """
    message = "another run is reading logs into this folder"
    busy = RingfenceError(message, Locus(str(folder)), "wait for it to end")
    return durable.locked(folder / LOCK, busy)


def sweep(folder: Path) -> None:
    """Remove what runs that were cut short left in a folder."""
    for one in folder.glob(".*"):
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()


def fresh(folder: Path) -> Path:
    """Return an empty folder; whatever stood there is gone."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def commit(made: Path, folder: Path) -> None:
    """Give a finished folder its name; a folder that has it makes room."""
    flush(made)
    old = folder.with_name(f".old-{folder.name}")
    if folder.exists():
        os.rename(folder, old)  # noqa: PTH104 - the tests count these calls
    os.rename(made, folder)  # noqa: PTH104
    durable.sync(folder.parent)
    if old.exists():
        shutil.rmtree(old)


def flush(folder: Path) -> None:
    """Bring a folder and all that is in it to the disk."""
    found = list(os.walk(folder, topdown=False))
    if sum(len(names) for *_, names in found) > MANY:
        # Everything at once; what follows finds it done, and tells what went wrong.
        os.sync()
    for top, _, names in found:
        for name in names:
            durable.sync(Path(top) / name)
        durable.sync(Path(top))


@contextmanager
def database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database that lies in a folder, so that memory bounds nothing but speed.

    Nothing is fetched from anywhere: extensions are neither looked for nor loaded.
    """
    fresh(folder)
    config = {
        "memory_limit": MEMORY,
        "threads": str(min(THREADS, os.cpu_count() or 1)),
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    connection = duckdb.connect(str(folder / "work.duckdb"), config=dict(config))
    try:
        yield connection
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def listed(paths: list[Path]) -> str:
    """Return paths as a list literal of SQL, each read by its letters alone.

    A path with a character that a pattern would use is given as a class of that one
    character.
    """
    spelt = (_escaped(str(path)) for path in paths)
    return "[" + ", ".join(quoted(path) for path in spelt) + "]"


def _escaped(path: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in path)
