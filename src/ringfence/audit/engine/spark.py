"""A Spark cluster over Spark Connect: the engine for logs that outgrow one machine.

The client (the extra `spark`) is imported when a cluster is asked for, and the network
is touched only at the `sc://` address that is given.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ringfence.audit.engine.protocol import Answer, EngineError, Ints
from ringfence.audit.kernels.portable import translated

SCHEME = "sc://"
WAIT = 20.0  # seconds for the server to answer the first time

_INSTALL = "install the extra: pip install 'ringfence[spark]'"
_ADDRESS = "an address of Spark Connect looks like sc://host:15002"
_SERVER = (
    "is the Spark Connect server up, is the port right, and does it want "
    "`;use_ssl=true` or `;token=...` behind `sc://host:port/`?"
)
_SAME_FILES = (
    "the servers read the files themselves: master, workers and this machine need "
    "them under the same path"
)
# Spark reads these as a pattern in a path.
_PATTERN = re.compile(r"[*?\[\]{}\\]")
_PLAIN = re.compile(r"[\w/.=,+@:~-]+", re.ASCII)
_LONGEST = 500  # characters of what a server says


class Spark:
    """Runs kernels on whatever speaks Spark Connect."""

    name = "spark"
    most: int | None = None

    def __init__(self, address: str, *, wait: float = WAIT) -> None:
        """Open a session of its own.

        Args:
            address: `sc://host:port`, and what the server wants behind it.
            wait: Seconds until a server that doesn't answer counts as none.

        Raises:
            EngineError: The client isn't installed, the address is none, or no server
                answers there.
        """
        if not address.startswith(SCHEME):
            message = f"`{_shown(address)}` is no address of Spark Connect"
            raise EngineError(message, hint=_ADDRESS)
        self._client = _Client()
        self._reach(address, wait)
        with self._told(_SERVER):
            builder = self._client.session.builder.remote(address)
            # Kernels hold no times, only whole numbers; should one ever slip in, it
            # is at least not moved by the zone of the server.
            self._session: Any = builder.config(
                "spark.sql.session.timeZone", "UTC"
            ).create()

    def register(self, view: str, paths: Sequence[Path]) -> None:
        """Let a name stand for the rows of Parquet files.

        Spark finds nothing wrong with a file that it doesn't see, so the rows that it
        counts are held against those that stand in the files here.
        """
        files = [_location(path) for path in paths]
        here = sum(self._client.rows(path) for path in paths)
        with self._told(_SAME_FILES):
            rows = self._session.read.parquet(*files)
            rows.createOrReplaceTempView(view)
            there = int(rows.count())
        if there != here:
            message = f"Spark sees {there:,} rows of `{view}`, and there are {here:,}"
            raise EngineError(message, hint=_SAME_FILES)

    def keep(self, view: str, kernel: str) -> None:
        """Let a name stand for the rows of a kernel's answer; it is run when asked."""
        with self._told():
            rows = self._session.sql(translated(kernel, "spark"))
            rows.createOrReplaceTempView(view)

    def drop(self, view: str) -> None:
        """Let go of what was kept under a name."""
        with self._told():
            self._session.catalog.dropTempView(view)

    def run(self, kernel: str) -> Answer:
        """Run a kernel; return its columns by name."""
        table = self._table(translated(kernel, "spark"))
        return {
            name: self._column(name, column)
            for name, column in zip(table.column_names, table.columns, strict=True)
        }

    def count(self, kernel: str) -> int:
        """Return how many rows a kernel answers with."""
        with self._told():
            return int(self._session.sql(translated(kernel, "spark")).count())

    def explain(self, kernel: str) -> str:
        """Return Spark's plan of a kernel."""
        table = self._table(f"explain {translated(kernel, 'spark')}")
        return str(table.column(0)[0].as_py())

    def close(self) -> None:
        """Release the session; what the server held for it is gone."""
        # Nobody waits for an answer any more, so a server that is gone is no matter.
        try:
            self._session.stop()
        except self._client.errors:
            return

    def _reach(self, address: str, wait: float) -> None:
        """Wait for the server; its own client would try again for minutes."""
        grpc = self._client.grpc
        try:
            channel = self._client.channels(address).toChannel()
        except self._client.refusals as error:
            message = f"`{_shown(address)}` is no address of Spark Connect"
            raise EngineError(f"{message}: {_said(error)}", hint=_ADDRESS) from error
        try:
            grpc.channel_ready_future(channel).result(timeout=wait)
        except grpc.FutureTimeoutError as error:
            message = f"no Spark Connect server answers at `{_shown(address)}`"
            raise EngineError(message, hint=_SERVER) from error
        finally:
            channel.close()

    def _table(self, text: str) -> Any:  # noqa: ANN401 (an untyped library's table)
        with self._told():
            return self._session.sql(text).toArrow()

    def _column(self, name: str, column: Any) -> Ints | list[str]:  # noqa: ANN401
        types = self._client.arrow.types
        kind = column.type
        if column.null_count:
            message = f"a kernel answers with null in `{name}`"
            raise EngineError(message)
        if types.is_integer(kind) or (types.is_decimal(kind) and kind.scale == 0):
            whole = column.cast(self._client.arrow.int64())
            return np.asarray(whole.to_numpy(), dtype=np.int64)
        if types.is_string(kind) or types.is_large_string(kind):
            words: list[str] = column.to_pylist()
            return words
        message = f"a kernel answers with neither whole numbers nor words in `{name}`"
        raise EngineError(message)

    @contextmanager
    def _told(self, hint: str | None = None) -> Iterator[None]:
        try:
            with warnings.catch_warnings():
                # What it retries and what it advises its own callers.
                warnings.simplefilter("ignore")
                yield
        except self._client.errors as error:
            raise EngineError(f"Spark: {_said(error)}", hint=hint) from error


class _Client:
    """The parts of the client library that are used here."""

    def __init__(self) -> None:
        try:
            with warnings.catch_warnings():
                # It warns of a newer pandas, which nothing here goes through.
                warnings.simplefilter("ignore")
                self.arrow: Any = import_module("pyarrow")
                self.parquet: Any = import_module("pyarrow.parquet")
                self.grpc: Any = import_module("grpc")
                connect: Any = import_module("pyspark.sql.connect.client")
                session: Any = import_module("pyspark.sql.connect.session")
                told: Any = import_module("pyspark.errors")
        except ImportError as error:
            message = f"Spark Connect needs a library that isn't here: {error}"
            raise EngineError(message, hint=_INSTALL) from error
        # It writes the stacks of the server to the terminal; the error says enough.
        logging.getLogger("SQLQueryContextLogger").disabled = True
        self.channels: Any = connect.DefaultChannelBuilder
        self.session: Any = session.SparkSession
        self.errors: tuple[type[Exception], ...] = (
            told.PySparkException,
            self.grpc.RpcError,
            self.arrow.ArrowException,
            OSError,
        )
        # Its own is a ValueError, and so is the library's for a port like 99999.
        self.refusals: tuple[type[Exception], ...] = (ValueError,)

    def rows(self, path: Path) -> int:
        """Return how many rows a Parquet file says that it has."""
        try:
            return int(self.parquet.read_metadata(path).num_rows)
        except (OSError, self.arrow.ArrowException) as error:
            message = f"`{path}` can't be read as Parquet: {_said(error)}"
            raise EngineError(message) from error


def _location(path: Path) -> str:
    """Return how Spark is told of a file."""
    whole = str(path.resolve())
    if _PATTERN.search(whole):
        message = f"Spark would read the path `{whole}` as a pattern"
        hint = "choose an output folder without any of * ? [ ] { } \\ in its path"
        raise EngineError(message, hint=hint)
    # With the scheme it is a file even where the cluster keeps its data elsewhere. A
    # blank or the like is read differently behind a scheme by each kind of server.
    return f"file://{whole}" if _PLAIN.fullmatch(whole) else whole


def _shown(address: str) -> str:
    """Return an address without what may be secret in it."""
    return re.sub(
        r"(?<=;)([^=;]+)=[^;]*", r"\1=...", re.sub(r"//[^/@]*@", "//", address)
    )


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:_LONGEST]
