"""Lines put before a server's pg_hba.conf for a time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

_TRIES = 200


@contextlib.contextmanager
def before_others(
    connection: psycopg.Connection, lines: str, holds: Callable[[], bool]
) -> Iterator[None]:
    """Have lines stand first in pg_hba.conf, from when `holds` says that they count."""
    row = connection.execute("SHOW hba_file").fetchone()
    assert row
    file = Path(row[0])
    kept = file.read_text()
    try:
        _write(connection, file, f"{lines}\n{kept}")
        assert any(holds() for _ in range(_TRIES))
        yield
    finally:
        _write(connection, file, kept)
        assert any(not holds() for _ in range(_TRIES))


def _write(connection: psycopg.Connection, file: Path, text: str) -> None:
    file.write_text(text)
    connection.execute("SELECT pg_reload_conf()")


def lets_in(dsn: str) -> bool:
    """Tell whether a server lets somebody in."""
    try:
        psycopg.connect(dsn, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True
