"""PostgreSQL: who could do what to which column of a live database (15 to 18).

The catalogue is read in one read-only transaction by a role that needs no privilege but
to connect. What the server itself would allow is worked out from that, and compared
with running servers by the tests.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from psycopg import Error as PsycopgError
from psycopg import conninfo

from ringfence.documents.located import Located, nearest
from ringfence.errors import Problem, SourceError
from ringfence.sources.postgres.catalogue import read_snapshot
from ringfence.sources.postgres.facts import harvest_of
from ringfence.sources.postgres.snapshot import load
from ringfence.sources.source import Harvest, Order

__all__ = ["SOURCE", "PostgresSource", "collect", "harvest_of", "read_snapshot"]

_ENVIRONMENT = "name a variable that holds the connection string: `dsn_env: ...`"


def collect(dsn: str, *, store: str, source: str = "postgres") -> Harvest:
    """Read a live database and return its facts, every id below `store`.

    Raises:
        SourceError: The database can't be reached or its catalogue can't be read.
    """
    return harvest_of(read_snapshot(dsn), store=store, source=source)


class PostgresSource:
    """A live database (`dsn_env` or `dsn`), or a snapshot of one (a file)."""

    kind = "postgres"
    summary = "roles, privileges and copies of a PostgreSQL database, 15 or later"
    options: Sequence[str] = ("store", "dsn_env", "dsn")

    def read(self, order: Order) -> Harvest:
        """Read the database or the snapshot that the order names.

        Raises:
            SourceError: An option is missing or wrong, or the database can't be read.
        """
        problems: list[Problem] = []
        store = self._text(order, "store", problems)
        if not store and not problems:
            hint = "name the store that the database is: `store: warehouse`"
            problems.append(Problem("needs `store`", order.at, hint))
        dsn = "" if order.files else self._dsn(order, problems)
        if len(order.files) > 1:
            problems.append(Problem("takes one snapshot file", order.at))
        if problems:
            raise SourceError.of(problems)
        if order.files:
            snapshot = load(order.base / order.files[0], order.files[0])
            return harvest_of(snapshot, store=store, source=order.source)
        return collect(dsn, store=store, source=order.source)

    def _text(self, order: Order, name: str, problems: list[Problem]) -> str:
        for option in order.options:
            problem = Problem(
                f"has no option `{option}`", order.at, nearest(option, self.options)
            )
            if option not in self.options and problem not in problems:
                problems.append(problem)
        value = order.options.get(name)
        if value is not None and not value.text().strip():
            problems.append(Problem(f"`{name}` must be text", value.at))
        return value.text().strip() if value is not None else ""

    def _dsn(self, order: Order, problems: list[Problem]) -> str:
        variable = self._text(order, "dsn_env", problems)
        written = order.options.get("dsn")
        if variable and written is None:
            dsn = os.environ.get(variable, "")
            if not dsn:
                message, hint = f"`{variable}` isn't set", "set it and run again"
                problems.append(Problem(message, order.options["dsn_env"].at, hint))
            return dsn
        if written is None or variable:
            problems.append(
                Problem("needs `dsn_env`, or `dsn`", order.at, _ENVIRONMENT)
            )
            return ""
        return _without_password(written, problems)


def _without_password(written: Located, problems: list[Problem]) -> str:
    """Return a connection string from the boundary, which is no place for secrets."""
    try:
        has_password = "password" in conninfo.conninfo_to_dict(written.text())
    except PsycopgError:
        # The library's message quotes the string.
        problems.append(Problem("`dsn` is no connection string", written.at))
        return ""
    if has_password:
        problems.append(Problem("`dsn` holds a password", written.at, _ENVIRONMENT))
    return written.text()


SOURCE = PostgresSource()
