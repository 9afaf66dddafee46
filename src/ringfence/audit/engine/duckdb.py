"""DuckDB inside the process: the engine for logs that fit on one machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt

from ringfence.audit.engine.protocol import Answer, EngineError, Ints
from ringfence.audit.kernels.portable import counting, translated


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of the machine DuckDB may take.

    Attributes:
        memory: Most memory, in megabytes; what needs more is spilled to the folder.
        threads: Most threads; None for one each core.
    """

    memory: int = 1024
    threads: int | None = None


class DuckDB:
    """Runs kernels in DuckDB."""

    name = "duckdb"
    # Where a tenth of them has to be judged one by one, it holds about 300 MB.
    most: int | None = 20_000_000

    def __init__(
        self, limits: Limits | None = None, folder: Path | None = None
    ) -> None:
        """Open an empty database in memory.

        Args:
            limits: How much of the machine it may take.
            folder: Where it may spill; the system's own place when nobody says.
        """
        self._database = _opened(limits or Limits(), folder)

    def register(self, view: str, paths: Sequence[Path]) -> None:
        """Let a name stand for the rows of Parquet files."""
        files = ", ".join(_text(str(path)) for path in paths)
        rows = f"read_parquet([{files}], hive_partitioning = false)"
        self._done(f'create or replace view "{view}" as from {rows}')

    def keep(self, view: str, kernel: str) -> None:
        """Let a name stand for the rows of a kernel's answer; it is run now."""
        rows = translated(kernel, "duckdb")
        self._done(f'create or replace temp table "{view}" as {rows}')

    def drop(self, view: str) -> None:
        """Let go of what was kept under a name."""
        self._done(f'drop table "{view}"')

    def run(self, kernel: str) -> Answer:
        """Run a kernel; return its columns by name."""
        relation = self._done(translated(kernel, "duckdb"))
        try:
            columns = relation.fetchnumpy()
        except duckdb.Error as error:
            raise _failed(error) from error
        return {name: _column(name, column) for name, column in columns.items()}

    def count(self, kernel: str) -> int:
        """Return how many rows a kernel answers with."""
        return int(self._row(translated(counting(kernel), "duckdb"))[0])

    def explain(self, kernel: str) -> str:
        """Return DuckDB's plan of a kernel."""
        return str(self._row(f"explain {translated(kernel, 'duckdb')}")[1])

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _row(self, text: str) -> tuple[int | str, ...]:
        row: tuple[int | str, ...] | None = self._done(text).fetchone()
        if row is None:
            message = "DuckDB gave no row where there is always one"
            raise EngineError(message)
        return row

    def _done(self, text: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._database.execute(text)
        except duckdb.Error as error:
            raise _failed(error) from error


def written(path: Path, columns: Mapping[str, npt.NDArray[np.generic]]) -> Path:
    """Write columns of whole numbers as a Parquet file; return its path."""
    all_written({path: columns})
    return path


def all_written(
    sheets: Mapping[Path, Mapping[str, npt.NDArray[np.generic]]],
) -> None:
    """Write columns of whole numbers as Parquet files, by their paths."""
    with _writer() as database:
        for path, columns in sheets.items():
            _sheet(database, columns, path)


def gathered(
    path: Path, sheets: Iterable[Mapping[str, npt.NDArray[np.generic]]]
) -> Path:
    """Write sheets of the same columns, one after another, as one Parquet file.

    One sheet at a time is held in memory. There is at least one, be it of no rows.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as name, _writer() as database:
        parts: list[Path] = []
        for number, sheet in enumerate(sheets):
            parts.append(Path(name) / f"{number}.parquet")
            _sheet(database, sheet, parts[-1])
        files = ", ".join(_text(str(part)) for part in parts)
        _copied(database, f"read_parquet([{files}])", path)
    return path


@contextmanager
def _writer() -> Iterator[duckdb.DuckDBPyConnection]:
    database = _opened(Limits(threads=1), None)
    try:
        database.execute("set preserve_insertion_order = true")
        yield database
    except duckdb.Error as error:
        raise _failed(error) from error
    finally:
        database.close()


def _sheet(
    database: duckdb.DuckDBPyConnection,
    columns: Mapping[str, npt.NDArray[np.generic]],
    path: Path,
) -> None:
    database.register("sheet", dict(columns))
    _copied(database, "sheet", path)
    database.unregister("sheet")


def _copied(database: duckdb.DuckDBPyConnection, rows: str, path: Path) -> None:
    how = "format parquet, compression zstd"
    database.execute(f"copy (from {rows}) to {_text(str(path))} ({how})")


def _opened(limits: Limits, folder: Path | None) -> duckdb.DuckDBPyConnection:
    spill = tempfile.gettempdir() if folder is None else str(folder)
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{limits.memory}MiB",
        "preserve_insertion_order": False,
        "temp_directory": spill,
        "autoinstall_known_extensions": False,
    }
    if limits.threads is not None:
        settings["threads"] = limits.threads
    return duckdb.connect(":memory:", config=settings)


def _column(name: str, column: npt.NDArray[np.generic]) -> Ints | list[str]:
    if isinstance(column, np.ma.MaskedArray) and np.ma.is_masked(column):
        message = f"a kernel answers with null in `{name}`"
        raise EngineError(message)
    if np.issubdtype(column.dtype, np.integer):
        return np.asarray(column).astype(np.int64, copy=False)
    words: list[str] = column.tolist()
    if not all(isinstance(word, str) for word in words):
        message = f"a kernel answers with neither numbers nor words in `{name}`"
        raise EngineError(message)
    return words


def _failed(error: duckdb.Error) -> EngineError:
    return EngineError(f"DuckDB: {str(error).splitlines()[0]}")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
