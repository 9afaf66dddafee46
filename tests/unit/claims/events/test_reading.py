"""What judges is chosen by whoever asks: DuckDB here, or the server that is named."""

from __future__ import annotations

from pathlib import Path

from ringfence.audit.engine import spark
from ringfence.audit.engine.duckdb import DuckDB
from ringfence.claims.events.reading import Ordered, _engine


class Server:
    """Remembers which address it was opened at."""

    def __init__(self, address):
        self.address = address


def test_a_server_judges_only_when_it_is_named(tmp_path: Path, monkeypatch):
    """Without an address nothing but DuckDB is opened; with one, that server is."""
    monkeypatch.setattr(spark, "Spark", Server)
    here = _engine(Ordered((), tmp_path, tmp_path))
    assert isinstance(here, DuckDB)
    here.close()
    there = _engine(Ordered((), tmp_path, tmp_path, engine="sc://there:15002"))
    assert isinstance(there, Server)
    assert there.address == "sc://there:15002"
