"""The list of pitfalls on real servers: what crosses without a fence, and with one.

Every probe is held against three fences: none, the tests' own and the plan's; and each
recogniser against fences with one hole.
"""

from __future__ import annotations

import functools
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from ringfence.errors import ConfigError, SourceError
from ringfence.gate.postgres.apply import fence as planned_fence
from ringfence.gate.postgres.probes.conformance import conform, insider_reads
from ringfence.gate.postgres.probes.listing import PROBES
from ringfence.gate.postgres.probes.probe import Holding, Probe
from ringfence.gate.postgres.probes.proof import Result
from ringfence.gate.postgres.probes.room import MARK, Room, connect, opened, sweep
from ringfence.gate.postgres.probes.trying import Fence, attempt
from ringfence.gate.postgres.wanted import Wanted
from tests.postgres_server import VERSIONS, Cluster, cluster_of
from tests.unit.gate.postgres.fencing import fence
from tests.unit.gate.postgres.hba import before_others, lets_in

DATABASE = "probes"
# What holds on its own: nothing of it is a finding on a server as tests have it.
HELD = frozenset({"L9", "L60"})
HELD_FROM_16 = frozenset({"L5", "L6"})
ABSENT = frozenset({"L27", "L65"})
ABSENT_BEFORE_16 = frozenset({"L7", "L7b", "L28b", "L56"})
# What no database closes, by name; the last four no statement can settle.
NAMED = {
    *(
        f"L{n}"
        for n in (2, 8, "16b", 21, 22, "22b", "22c", "22d", 23, 24, 31, 32, "32b")
    ),
    *(
        f"L{n}"
        for n in (33, "33b", 34, 35, 36, "36b", 37, 38, 40, "40b", 41, 42, "51b")
    ),
    *(f"L{n}" for n in (55, 66, "66b", 67, 74, 39, "57b", 64, 68)),
}
HOLES = {
    "force": {"L1", "L10", "L12", "L20", "L29", "L59"},
    "restrictive": {"L47", "L48", "L50", "L11", "L16", "L17", "L49", "L71"},
    "everybody": {"L11", "L13", "L14", "L44", "L45", "L47"},
    "session_user": {"L13", "L14"},
    "current_user": {"L21c"},
    "children": {"L18", "L19", "L51"},
    "writes": {"L44", "L45", "L45b"},
    "bypass": {"L3b", "L58"},
    "cuts": {"L8b", "L69", "L70", "L71b", "L73", "L73b"},
    "attributes": {"L52", "L53", "L54", "L57"},
    "predefined": {"L26", "L61", "L63", "L63b"},
    "privileges": {"L21b", "L43", "L46"},
    "foreign": {"L25"},
    "materialised": {"L15"},
    "views": {"L10b"},
    "functions": {"L12b", "L28"},
    "leakproof": {"L30"},
    "files": {"L62", "L62b"},
    "defaults": {"L72", "L72b"},
}
ANYTHING = (
    "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'ringfence%'"
    " UNION ALL SELECT nspname FROM pg_namespace WHERE nspname LIKE 'ringfence%'"
    " UNION ALL SELECT pubname FROM pg_publication"
    " UNION ALL SELECT slot_name FROM pg_replication_slots"
    " UNION ALL SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'"
)


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda v: f"pg{v}")
def cluster(request: pytest.FixtureRequest) -> Cluster:
    return cluster_of(request.param)


@pytest.fixture(scope="module")
def room(cluster: Cluster) -> Iterator[Room]:
    """Give one room for each version."""
    with cluster.database(DATABASE), opened(cluster.dsn(DATABASE), print) as made:
        yield made


def nothing(_connection: psycopg.Connection, _wanted: Wanted) -> None:
    """Put up no fence at all."""


def tried(room: Room, wall: Fence, *numbers: str) -> dict[str, Result]:
    """Return the results of some probes, or of all, by their numbers."""
    chosen = tuple(p for p in PROBES if not numbers or p.number in numbers)
    return {one.number: one for one in conform(room, wall, lambda _: None, chosen)}


@pytest.fixture(scope="module")
def fenced(room: Room) -> dict[str, Result]:
    """Return what comes of every probe with the tests' fence."""
    return tried(room, fence)


def of(results: dict[str, Result], status: str) -> set[str]:
    return {number for number, one in results.items() if one.status == status}


# --- what crosses ---------------------------------------------------------------------


def test_what_is_known_to_cross_crosses_without_a_fence(
    room: Room, fenced: dict[str, Result]
):
    """Every live pitfall that the version has crosses an unguarded copy, but for two."""
    later = room.version >= 16
    quiet = HELD | ABSENT | (HELD_FROM_16 if later else ABSENT_BEFORE_16)
    expected = {
        probe.number
        for probe in PROBES
        if probe.live and not probe.is_regression and probe.number not in quiet
    }
    crossed = {n for n, one in fenced.items() if one.before and one.before.crossed}
    assert crossed == expected
    assert len(crossed) == (91 if later else 89)


def test_what_a_version_lacks_is_said_to_be_absent(
    room: Room, fenced: dict[str, Result]
):
    """Only what the version or an extension lacks doesn't apply."""
    older = ABSENT_BEFORE_16 if room.version < 16 else frozenset()
    assert of(fenced, "not-applicable") == ABSENT | older


def test_nothing_is_left_untried(fenced: dict[str, Result]):
    """Every probe that applies gave an answer both times."""
    assert of(fenced, "untried") == set()


def test_a_fence_closes_all_that_a_database_can(fenced: dict[str, Result]):
    """With the tests' fence nothing is open, and exactly the known rest is named."""
    assert of(fenced, "open") == set()
    assert of(fenced, "named") == NAMED


def test_the_plan_closes_all_that_a_database_can(room: Room):
    """With the plan's own statements nothing is open, and no more is named."""
    results = tried(room, planned_fence)
    assert (of(results, "open"), of(results, "untried")) == (set(), set())
    assert of(results, "named") <= NAMED
    assert insider_reads(room, planned_fence) is True


def test_what_is_known_to_hold_holds(fenced: dict[str, Result]):
    """No regression crosses, with a fence or without."""
    held = [one for number, one in fenced.items() if number.startswith("S")]
    assert all(one.before and one.before.crossed is False for one in held)
    assert all(one.status == "closed" for one in held)


def test_a_crossing_names_its_statement(fenced: dict[str, Result]):
    """Each crossing says what got through, how, and what was seen."""
    crossed = [
        one.before for one in fenced.values() if one.before and one.before.crossed
    ]
    assert all(one.statement and one.saw and one.how != "none" for one in crossed)


def test_no_result_shows_a_value_or_a_made_up_name(
    room: Room, fenced: dict[str, Result]
):
    """Neither canary, password nor a name of this run is in any result."""
    told = repr(fenced)
    made = (room.canary, room.secret, room.tag)
    assert [name for name in made if name in told] == []


# --- recognisers ----------------------------------------------------------------------


@pytest.mark.parametrize("hole", HOLES)
def test_a_fence_with_a_hole_is_found_out(room: Room, hole: str):
    """Each probe of a part of the fence is open when that part is left out."""
    expected = HOLES[hole]
    results = tried(room, functools.partial(fence, without=(hole,)), *expected)
    assert of(results, "open") == expected


def test_no_fence_closes_nothing(room: Room, fenced: dict[str, Result]):
    """Without a fence everything that crosses is open or named, never closed."""
    results = tried(room, nothing)
    crossed = {n for n, one in fenced.items() if one.before and one.before.crossed}
    assert crossed <= of(results, "open") | of(results, "named")


def test_a_fence_that_keeps_everybody_out_is_told_apart(room: Room):
    """Where insiders can't read either, what is closed says nothing."""

    def wall(connection: psycopg.Connection, wanted: Wanted) -> None:
        for table in wanted.tables:
            connection.execute(
                f"REVOKE ALL ON {table.name} FROM {wanted.inside[0]}".encode()
            )

    assert (insider_reads(room, fence), insider_reads(room, wall)) == (True, False)


@pytest.mark.parametrize("statement", ["SELECT 1 / 0", "REVOKE x FROM y", "nonsense"])
def test_a_fence_that_breaks_leaves_its_probe_untried(room: Room, statement: str):
    """An error while the fence goes up is no closed door."""

    def wall(connection: psycopg.Connection, _wanted: Wanted) -> None:
        connection.execute(statement.encode())

    assert of(tried(room, wall, "L10"), "untried") == {"L10"}


def test_a_fence_that_refuses_leaves_its_probe_untried(room: Room):
    """An error of ours while the fence goes up is no closed door either."""

    def wall(_connection: psycopg.Connection, _wanted: Wanted) -> None:
        raise ConfigError("no plan")

    result = tried(room, wall, "L10")["L10"]
    assert result.status == "untried"
    assert result.after is not None
    assert result.after.why == "the fence could not be put up: no plan"


@pytest.mark.parametrize(
    "attack",
    ["SELEC 1", "SELECT nothing FROM {copy}.profile", "SELECT * FROM {copy}.x"],
)
def test_a_probe_that_is_written_badly_is_untried(room: Room, attack: str):
    """An attack that fails for its own fault doesn't count as held."""
    probe = Probe(number="L10", group="doors", title="t", attack=(attack,))
    (result,) = conform(room, fence, lambda _: None, (probe,))
    assert result.status == "untried"


def test_a_stage_that_can_not_be_set_is_untried(room: Room):
    """A set-up that fails isn't taken for a door that holds."""
    probe = Probe(
        number="L10",
        group="doors",
        title="t",
        setup=("GRANT SELECT ON {copy}.absent TO {out}",),
        attack=("SELECT 1",),
    )
    (result,) = conform(room, fence, lambda _: None, (probe,))
    assert result.status == "untried"


def test_an_attack_that_is_interrupted_is_untried(room: Room):
    """A timeout is no refusal."""
    probe = Probe(
        number="L10",
        group="doors",
        title="t",
        attack=("SET statement_timeout = '20ms'", "SELECT pg_sleep(30)"),
    )
    assert attempt(room, probe).crossed is None


def test_probes_leave_the_copy_as_it_was(room: Room, fenced: dict[str, Result]):
    """After all probes the copy has its rows, its two policies and no other object."""
    admin = room.admin
    told = admin.execute(
        room.fill(
            "SELECT (SELECT count(*) FROM {copy}.profile), (SELECT count(*) FROM"
            " pg_policies WHERE schemaname = '{copy}'), (SELECT count(*) FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace IN ('{copy}'::regnamespace,"
            " '{play}'::regnamespace))"
        ).encode()
    ).fetchone()
    assert fenced
    assert told == (260, 2, 2)
    rest = {name for (name,) in admin.execute(ANYTHING.encode()).fetchall()}
    assert {name for name in rest if not name.startswith(room.tag)} == set()


def test_a_holding_is_told_to_the_fence(room: Room):
    """A fence hears of every relation that a probe says is protected."""
    heard: list[Wanted] = []
    probe = Probe(
        number="L10",
        group="doors",
        title="t",
        attack=("SELECT 1",),
        holdings=(Holding("vault", marked=False),),
        cuts=(("out", "inn"),),
    )
    attempt(room, probe, lambda _, wanted: heard.append(wanted))
    (wanted,) = heard
    assert [table.name for table in wanted.tables] == [
        f"{room.tag}.profile",
        f"{room.tag}.vault",
    ]
    assert wanted.tables[1].rows is None
    assert [(cut.role, cut.what) for cut in wanted.cuts] == [
        (f"{room.tag}_out", f"{room.tag}_inn")
    ]


def test_trust_is_found_by_a_wrong_password(cluster: Cluster, room: Room):
    """Where pg_hba.conf trusts, the insider's door opens to any password, and is named."""
    wrong = room.conninfo("inn", password="wrong")  # noqa: S106

    def holds() -> bool:
        return lets_in(wrong)

    with before_others(room.admin, f"host {DATABASE} all 127.0.0.1/32 trust", holds):
        results = tried(room, fence, "L9")
    assert of(results, "named") == {"L9"}
    assert of(tried(room, fence, "L9"), "closed") == {"L9"}
    assert cluster.version == room.version


# --- what is left behind --------------------------------------------------------------


@pytest.fixture
def bare(cluster: Cluster, room: Room) -> Iterator[psycopg.Connection]:
    """Give a connection to the room's database; what is there belongs to the room."""
    assert room.tag
    with cluster.connect(DATABASE) as connection:
        yield connection


def there(connection: psycopg.Connection) -> set[str]:
    """Return the names of everything that probes could leave."""
    return {str(name) for (name,) in connection.execute(ANYTHING.encode()).fetchall()}


def end(connection: psycopg.Connection, tag: str) -> None:
    """End the sessions of one run, and wait until they are gone."""
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = %s",
        (tag,),
    )


def test_a_room_leaves_nothing(cluster: Cluster, bare: psycopg.Connection):
    """Logins, schemas and all that was in them are gone, whatever happened inside."""
    before = there(bare)

    def work() -> None:
        with opened(cluster.dsn(DATABASE), print) as made:
            assert there(bare) != before
            made.admin.execute(made.fill("CREATE TABLE {play}.t ()").encode())
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        work()
    assert there(bare) == before


def test_a_room_leaves_nothing_when_its_connection_is_lost(
    cluster: Cluster, bare: psycopg.Connection
):
    """The end needs nothing of what was open before it."""
    before = there(bare)
    with opened(cluster.dsn(DATABASE), print) as made:
        end(bare, made.tag)
    assert there(bare) == before


def test_what_a_killed_run_left_is_swept(cluster: Cluster, bare: psycopg.Connection):
    """The next start drops what a run left that could not end."""
    code = (
        "import os, signal, sys\n"
        "from ringfence.gate.postgres.probes.room import opened\n"
        "with opened(sys.argv[1], print) as made:\n"
        "    print(made.tag, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    before = there(bare)
    command = [sys.executable, "-c", code, cluster.dsn(DATABASE)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL
    assert there(bare) != before
    end(bare, done.stdout.strip())
    with connect(cluster.dsn(DATABASE)) as admin:
        assert sweep(admin) == ()
    assert there(bare) == before


def test_a_sweep_takes_nothing_that_is_somebody_elses(
    cluster: Cluster, bare: psycopg.Connection
):
    """A role stays that only bears such a name, and one that a live run works with."""
    names = {"ringfence_probe_0badcafe_out", "ringfence_probe_feedface_out"}
    for name in names:
        bare.execute(f"CREATE ROLE {name}".encode())
    bare.execute(f"COMMENT ON ROLE ringfence_probe_feedface_out IS '{MARK}'".encode())
    with (
        connect(cluster.dsn(DATABASE), tag="ringfence_probe_feedface"),
        connect(cluster.dsn(DATABASE)) as admin,
    ):
        assert sweep(admin) == ()
    assert names <= there(bare)
    for name in names:
        bare.execute(f"DROP ROLE {name}".encode())


def test_only_a_superuser_opens_a_room(cluster: Cluster, bare: psycopg.Connection):
    """A login that can't pose as others is told so, and nothing was made."""
    bare.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
    dsn = cluster.dsn(DATABASE, user="plain", password="plain")  # noqa: S106
    before = there(bare)
    with pytest.raises(SourceError, match="superuser"), opened(dsn, print):
        pass
    assert there(bare) == before
    bare.execute("DROP ROLE plain")


def test_a_server_that_is_not_there_is_one_clear_error():
    """No server gives an error of ours, with a hint, and no traceback of the driver."""
    with pytest.raises(SourceError, match="can't log in to the server"):
        connect("host=127.0.0.1 port=1 dbname=x user=x connect_timeout=2")
