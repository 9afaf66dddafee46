"""The example company's warehouse, attacked before it is closed and after."""

from __future__ import annotations

from pathlib import Path

from ringfence.claims.enforcing import Enforcing
from ringfence.errors import ExitCode
from ringfence.gate.postgres.apply import apply, fence
from ringfence.gate.postgres.plan import plan
from ringfence.gate.postgres.prove import prove
from ringfence.gate.postgres.reading import read_catalogue
from tests.diff.test_gate_postgres_example import EXAMPLE, case, example, fill
from tests.postgres_server import VERSIONS, Cluster, cluster

__all__ = ["case", "cluster", "example"]


def test_the_example_is_open_before_and_certified_after(
    cluster: Cluster, example: Enforcing, tmp_path: Path
):
    """Before, service logins outside read tables; after, every pitfall is closed."""
    with cluster.database("attacked") as connection:
        connection.execute((EXAMPLE / "warehouse.sql").read_bytes())
        dsn = cluster.dsn("attacked")
        fill(connection, read_catalogue(dsn))
        before = prove(dsn, example.wanted)
        chosen = plan(example.wanted, read_catalogue(dsn), released=example.released)
        apply(dsn, chosen, tmp_path / "journal.json")
        newest = cluster.version == VERSIONS[0]  # copies are the same on the others
        after = prove(dsn, example.wanted, writes=newest, fence=fence)
    assert before.exit_code is ExitCode.REFUTED
    through = {one.where for one in before.of("open") if one.number == "L0"}
    assert "accounts.deletion_request by svc_deletion" in through
    assert (after.of("open"), after.of("untried")) == ((), ())
    assert after.is_certificate
    assert bool(after.conformance) == newest
