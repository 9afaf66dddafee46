"""Connection strings and files that aren't what they should be; no secret is told."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ringfence.errors import ConfigError, RingfenceError
from ringfence.gate.postgres.apply import apply
from ringfence.gate.postgres.catalogue import Catalogue, Policy
from ringfence.gate.postgres.drift import differences
from ringfence.gate.postgres.journal import Journal, read_journal, write_journal
from ringfence.gate.postgres.probes.room import connect
from ringfence.gate.postgres.reading import read_catalogue
from ringfence.gate.postgres.statements import (
    Plan,
    Statement,
    ends_transaction,
    script,
)
from ringfence.report import enforce_text

EMPTY = msgspec.convert(
    {
        **{
            name: ()
            for name, type_ in Catalogue.__annotations__.items()
            if "tuple" in type_ or type_ in ("Acl", "Names")
        },
        "version": 180000,
        "database": "d",
        "owner": "o",
        "template": False,
        "settings": {},
        "unread": {},
    },
    Catalogue,
)
PLAN = Plan("w", "d", "b", "e", "c", 180000, (), (), ())
HERE = "host=127.0.0.1 port=1"


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://u:p@SECRET@127.0.0.1:1/d",
        "postgresql://u:SECRET/x@127.0.0.1:1/d",
        "postgresql://u:SECRET%zz@127.0.0.1:1/d",
        "postgresql://u:1/SECRET@127.0.0.1:1/d",
        "u:SECRET@127.0.0.1/d",
        f"{HERE} dbname=postgresql://u:SECRET@h/d",
        f"{HERE} dbname='password=SECRET'",
        f"{HERE} password=my SECRET",
        f"{HERE} password='SECRET",
        f"{HERE} password=SECRET",
        f"{HERE} connect_timeout=SECRET",
        f"{HERE} require_auth=SECRET",
        f"{HERE} user=\udcff password=SECRET",
        "host=127.0.0.1 port=SECRET",
        f"host={'x' * 300} password=SECRET",
        f"{HERE} options=-cSECRET=1 sslpassword=SECRET sslmode=SECRET",
    ],
)
def test_no_secret_of_a_connection_string_is_told(dsn: str):
    """Neither where it is misspelt, nor where a part of a password looks like a host."""
    for ask in (read_catalogue, connect):
        with pytest.raises(RingfenceError) as found:
            ask(dsn)
        assert "SECRET" not in str(found.value)
        assert found.value.__cause__ is None
        assert found.value.problems[0].hint


@pytest.mark.parametrize(
    "sql",
    [
        "COMMIT",
        " commit ; DROP TABLE x",
        "GRANT a TO b;\nROLLBACK",
        "/* x */ BEGIN",
        "--\nEND",
        'ALTER ROLE "a;b" NOLOGIN; START TRANSACTION',
        "PREPARE TRANSACTION 'x'",
        "/* ; */ SAVEPOINT a",
    ],
)
def test_a_plan_that_ends_the_transaction_is_refused(tmp_path: Path, sql: str):
    """Somebody edited it: half of it might stay, so nothing of it is carried out."""
    assert ends_transaction(sql)
    for one in (Statement(sql, "why"), Statement("SELECT 1", "why", inverse=(sql,))):
        bad = msgspec.structs.replace(PLAN, statements=(one,))
        with pytest.raises(ConfigError, match="statement 1 of the plan begins or ends"):
            apply(HERE, bad, tmp_path / "j")


@pytest.mark.parametrize(
    "sql",
    [
        'GRANT a TO "b; COMMIT"',
        "ALTER ROLE x SET y = 'a;COMMIT;'",
        "CREATE POLICY p ON t USING (CASE WHEN a THEN b ELSE c END)",
        "SET LOCAL ROLE a; GRANT b TO c; RESET ROLE",
        "-- x; COMMIT\nGRANT a TO b",
    ],
)
def test_names_end_no_transaction(sql: str):
    """What stands in quotes or comments is no command."""
    assert not ends_transaction(sql)


def test_a_script_steers_no_terminal():
    """What a name smuggles into a reason is shown, not obeyed."""
    one = Statement("SELECT 1", "a\x1b[2Jb\N{RIGHT-TO-LEFT OVERRIDE}", (), "\x9bK")
    told = script(msgspec.structs.replace(PLAN, statements=(one,), database="\x1b]0;"))
    assert all(line.isprintable() for line in told.splitlines())


def test_a_journal_is_never_written_over(tmp_path: Path):
    """Whoever wrote one meanwhile keeps it, and nothing is left beside it."""
    file = tmp_path / "j"
    file.write_bytes(b"theirs")
    journal = Journal(PLAN, EMPTY, EMPTY, "now")
    with pytest.raises(ConfigError, match="there is a journal already"):
        write_journal(journal, file)
    assert file.read_bytes() == b"theirs"
    for bad in (file / "x", tmp_path / "\0"):
        with pytest.raises(ConfigError, match="name another file"):
            write_journal(journal, bad)
    assert [one.name for one in tmp_path.iterdir()] == ["j"]
    write_journal(journal, tmp_path / "new" / "j")
    assert read_journal(tmp_path / "new" / "j") == journal


def test_a_journal_that_was_edited_is_still_compared():
    """A row policy of a table that isn't there, and a steering instant, do no harm."""
    one = Policy("s.gone", 'a"b', permissive=True, command="ALL", roles=("",),
                 using="true", check="")  # fmt: skip
    then = msgspec.structs.replace(EMPTY, policies=(one,))
    found = differences(then, EMPTY)
    assert 'ON "s.gone"' in found[0].mend
    journal = Journal(PLAN, then, then, "\x1b[2J")
    assert "\x1b" not in enforce_text.drifted(found, journal, 80)


def test_a_mend_quotes_the_database():
    """A name with a quote in it ends no name in what is to be copied."""
    odd = msgspec.structs.replace(EMPTY, database='a"b; DROP', owner='"')
    (one,) = differences(odd, msgspec.structs.replace(odd, owner="o"))
    assert one.mend == 'ALTER DATABASE "a""b; DROP" OWNER TO """"'
