"""The 99 TPC-DS queries and their schema, from the extension that DuckDB ships them in.

They are no part of the project: a wheel brings them, pinned by hash, into a folder under
`.check/`, and what it says is kept there as JSON. Run as a program, in an environment
that holds the wheel, this module writes that JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PINS = PROJECT / "requirements" / "tpcds.txt"
FOLDER = PROJECT / ".check" / "tpcds"
QUERIES = 99


@dataclass(frozen=True, slots=True)
class TpcDs:
    """The queries by number, and the columns of each table in order."""

    queries: dict[int, str]
    tables: dict[str, list[str]]


def tpcds() -> TpcDs | None:
    """Return queries and schema; None where the wheel can't be had."""
    kept = FOLDER / "tpcds.json"
    if not kept.is_file() and not _write(kept):
        return None
    read = json.loads(kept.read_text(encoding="utf-8"))
    queries = {int(number): text for number, text in read["queries"].items()}
    return TpcDs(queries, read["tables"])


def _write(kept: Path) -> bool:
    FOLDER.mkdir(parents=True, exist_ok=True)
    packages = FOLDER / "packages"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--upgrade"]
    install = [*pip, "--require-hashes", "--target", str(packages), "-r", str(PINS)]
    if subprocess.run(install, check=False, capture_output=True).returncode:
        return False
    # Its own process: another DuckDB than ours, which must not meet it.
    command = [sys.executable, "-I", __file__, str(packages)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    part = kept.with_suffix(".part")
    part.write_text(found.stdout, encoding="utf-8")
    part.replace(kept)
    return True


def dump(packages: str) -> str:
    """Return what the extension says, as JSON."""
    sys.path.insert(0, packages)
    import duckdb  # noqa: PLC0415 - not the one of our own environment

    (extension,) = Path(packages).rglob("tpcds.duckdb_extension")
    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as database:
        database.execute(f"LOAD '{extension}'")
        database.execute("CALL dsdgen(sf = 0)")
        queries = database.execute("FROM tpcds_queries()").fetchall()
        columns = database.execute(
            "SELECT table_name, column_name FROM duckdb_columns() "
            "WHERE NOT internal ORDER BY table_name, column_index"
        ).fetchall()
    tables: dict[str, list[str]] = {}
    for table, column in columns:
        tables.setdefault(table, []).append(column)
    return json.dumps({"queries": dict(queries), "tables": tables}, sort_keys=True)


if __name__ == "__main__":
    sys.stdout.write(dump(sys.argv[1]))
