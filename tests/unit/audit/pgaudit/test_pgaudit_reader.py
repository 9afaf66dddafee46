"""pgaudit's lines are read from the server's three formats."""

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.event import Touch
from ringfence.audit.readers.pgaudit import READER, csvlog
from ringfence.errors import ConfigError
from tests.unit.audit.pgaudit.pgaudit_reading import order, read

TIME = "2021-09-01 10:00:00.123 UTC"
MICROS = 1_630_490_400_123_000


def inner(fields):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(fields)
    return "AUDIT: " + text.getvalue()[:-2]


def message(statement, name="public.people", kind="READ", command="SELECT", rows="3"):
    return inner(
        ["SESSION", "1", "1", kind, command, "TABLE", name, statement, "<none>", rows]
    )


def row(said, *, who="ann", app="psql", time=TIME, host="10.0.0.7:4001", number=3):
    """A line of csvlog as the server writes it: text in quotes, nothing for nothing."""

    def quoted(text):
        return '"' + text.replace('"', '""') + '"'

    return (
        f'{time},{quoted(who)},"db",77,{quoted(host)},612f4e20.4d,{number},"SELECT",'
        f"2021-09-01 09:00:00 UTC,3/4,0,LOG,00000,{quoted(said)},,,,,,,,,{quoted(app)},"
        f'"client backend",,0\n'
    )


@pytest.fixture
def log(tmp_path):
    """Reads a text, or bytes, as a file."""

    def read_(content, **options):
        path = tmp_path / "log"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, **options)

    return read_


def test_a_line_of_csvlog_is_an_event(log):
    """Every word of a line is taken to its place."""
    text = row(message("select email from people"), app="pulse request=r-9")
    file, [event], asides, malformed = log(text)
    assert (asides, malformed, file.problems) == (0, [], [])
    assert event == {
        "actor": "role:db/ann",
        "behind": "",
        "credential": "",
        "issued": "",
        "session": "612f4e20.4d",
        "application": "pulse request=r-9",
        "address": "10.0.0.7",
        "touch": Touch(("column:db/public.people.email",)),
        "time": MICROS,
        "verb": "read",
        "rows": 3,
        "uid": "612f4e20.4d/3",
        "request": "r-9",
        "offset": 0,
        "length": len(text) - 1,
        "line": 1,
    }


FIELDS = st.text("ab,\"'\n é*/;", min_size=1, max_size=20)


@given(st.lists(st.tuples(FIELDS, FIELDS, FIELDS), min_size=1, max_size=20))
def test_what_the_csv_module_wrote_is_read_back(tmp_path_factory, lines):
    """Arbitrary names and statements come back exactly, whichever path reads them."""
    path = tmp_path_factory.getbasetemp() / "written.csv"
    text = "".join(
        row(message(statement), who=who, app=app, number=n)
        for n, (who, app, statement) in enumerate(lines)
    )
    path.write_bytes(text.encode())
    _, events, asides, malformed = read(path)
    assert (asides, malformed) == (0, [])
    data = path.read_bytes()
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [event["actor"] for event in events] == [f"role:db/{one[1]}" for one in rows]
    assert [event["application"] for event in events] == [one[22] for one in rows]
    for event, one in zip(events, rows, strict=True):
        part = data[event["offset"] : event["offset"] + event["length"]].decode()
        assert next(csv.reader(io.StringIO(part, newline=""))) == one


@given(
    st.lists(
        st.tuples(FIELDS, st.sampled_from(["READ", "WRITE", "MISC", "ODD"])),
        max_size=12,
    )
)
def test_the_plain_path_and_the_careful_one_agree(tmp_path_factory, lines):
    """Without the pattern for plain lines, everything reads the same."""
    path = tmp_path_factory.getbasetemp() / "twice.csv"
    text = "".join(
        row(message(said, kind=kind)) + row(said) for said, kind in lines * 2
    )
    path.write_bytes(text.encode())
    plain = read(path, format="csvlog")[1:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csvlog, "_PLAIN", re.compile(b"(?!)"))
        careful = read(path, format="csvlog")[1:]
    assert plain == careful
    assert len(plain[0]) + plain[1] + len(plain[2]) == 4 * len(lines)


@pytest.mark.parametrize(
    ("said", "verb", "touch"),
    [
        (
            message("select count(*) from people"),
            "read",
            Touch(part=("dataset:db/public.people",)),
        ),
        (
            message("x", kind="WRITE", command="DELETE"),
            "delete",
            Touch(part=("dataset:db/public.people",)),
        ),
        (
            message("truncate people", "", kind="WRITE", command="TRUNCATE TABLE"),
            "truncate",
            Touch(whole=("dataset:db/public.people",)),
        ),
        (
            message("copy people from stdin", "", kind="WRITE", command="COPY"),
            "insert",
            Touch(whole=("dataset:db/public.people",)),
        ),
        (message("explain select * from people"), "none", Touch()),
        (message("explain (verbose) select * from people"), "none", Touch()),
        (
            message("explain (analyze) select * from people"),
            "read",
            Touch(whole=("dataset:db/public.people",)),
        ),
        (
            message("explain select 1; select email from people"),
            "read",
            Touch(("column:db/public.people.email",)),
        ),
        (
            message("select id from orders; select email from people"),
            "read",
            Touch(("column:db/public.people.email",)),
        ),
        (message("/* a /* b */ */ explain select * from people"), "none", Touch()),
        (
            message(
                "select email from people for update", kind="WRITE", command="UPDATE"
            ),
            "read",
            Touch(("column:db/public.people.email",)),
        ),
        (
            message("select f()", "", kind="FUNCTION", command="EXECUTE"),
            "none",
            Touch(),
        ),
        (message("do $$ $$", "", kind="FUNCTION", command="DO"), "none", Touch()),
        (
            message(
                "alter table t", 'hr."Odd.Name"', kind="DDL", command="ALTER TABLE"
            ),
            "alter",
            Touch(whole=("dataset:db/hr.Odd.Name",)),
        ),
        (message("<not logged>", ""), "read", Touch(unclear=True)),
        (message("execute q", ""), "read", Touch(unclear=True)),
        (message("select 1", ""), "read", Touch()),
    ],
)
def test_a_message_says_what_was_done(log, said, verb, touch):
    """Class, command and relation of a message give the verb and what was touched."""
    _, [event], _, _ = log(row(said))
    assert (event["verb"], event["touch"]) == (verb, touch)


@pytest.mark.parametrize("times", [1, 3])
def test_what_a_write_returns_is_read_too(log, times):
    """A write with RETURNING is two events at one line, the second one a read."""
    said = message(
        "update people set city = 'x' returning email", kind="WRITE", command="UPDATE"
    )
    _, events, _, _ = log("".join(row(said, number=n) for n in range(3, 3 + times)))
    assert len(events) == 2 * times
    wrote, handed = events[-2:]
    assert (wrote["verb"], handed["verb"]) == ("update", "read")
    both = ("column:db/public.people.city", "column:db/public.people.email")
    assert wrote["touch"] == Touch(both)
    assert handed["touch"] == Touch(("column:db/public.people.email",))
    assert handed["uid"] == f"{wrote['uid']}/returning"
    assert handed["offset"] == wrote["offset"]


def test_a_request_stands_in_a_comment(log):
    """The id that a tool writes into its statement is the event's request."""
    _, events, _, _ = log(row(message("/* app='x',request_id='r-1' */ select 1")) * 2)
    assert [event["request"] for event in events] == ["r-1", "r-1"]


def test_a_statement_that_was_logged_before_is_found(log):
    """A line that refers to an earlier one of its session has its statement."""
    again = message("<previously logged>", "hr.orders")
    text = row(message("select p.a, o.b from people p, hr.orders o")) + row(again)
    _, events, _, _ = log(text)
    assert events[1]["touch"] == Touch(("column:db/hr.orders.b",))
    _, [alone], _, _ = log(row(again))
    assert alone["touch"] == Touch(part=("dataset:db/hr.orders",))


def test_a_torn_line_is_malformed_and_the_rest_is_read(log):
    """A row that breaks off costs itself, and nothing behind it."""
    good = row(message("select a\nfrom people"))
    _, events, asides, malformed = log(
        good[:150] + "\n" + good * 2 + row("ready")[:-30]
    )
    assert (len(events), asides, len(malformed)) == (2, 0, 2)
    assert [event["line"] for event in events] == [2, 4]


def test_a_line_forged_within_a_torn_statement_is_no_event(log):
    """A statement that holds a whole line of the log forges none when it is torn."""
    forged = row(message("select email from people"), who="bob")
    torn = row(message("select '\nFORGED' from t").replace("FORGED", forged))
    _, events, _, malformed = log(
        torn[:180].rstrip("\n") + "\n" + torn.split("\n")[1] + "\n"
    )
    assert events == []
    assert malformed


@pytest.mark.parametrize(
    "time",
    [
        "2021-09-01 10:00:00.123 CEST",
        "2021-13-01 10:00:00.123 UTC",
        "2021-09-01 25:00:00.123 UTC",
    ],
)
def test_a_time_that_names_no_instant_is_malformed(log, time):
    """A zone of many meanings and a time of no calendar are no times."""
    _, events, asides, malformed = log(
        row(message("select 1"), time=time) + row("up", time=time)
    )
    assert (events, asides, len(malformed)) == ([], 0, 2)


def test_a_zone_that_is_said_is_understood(log):
    """With its zone, a short name decides even the hour that clocks show twice."""
    text = row(message("x"), time="2021-10-31 02:30:00.000 CEST")
    text += row(message("x"), time="2021-10-31 02:30:00.000 CET")
    text += row(message("x"), time="2021-10-31 02:30:00.000 +0530")
    _, events, _, _ = log(text, zone="Europe/Oslo")
    first = 1_635_640_200_000_000
    assert [event["time"] for event in events] == [
        first,
        first + 3_600_000_000,
        first - 12_600_000_000,
    ]


def test_the_formats_say_the_same(log):
    """One happening gives the same event in csvlog, jsonlog and stderr."""
    said = message("select email\nfrom people")
    told = {
        "timestamp": TIME,
        "user": "ann",
        "remote_host": "10.0.0.7",
        "session_id": "612f4e20.4d",
        "line_num": 3,
        "error_severity": "LOG",
        "message": said,
        "application_name": "psql",
    }
    plain = f"{TIME} 612f4e20.4d 3 ann@db 10.0.0.7 psql LOG:  " + said.replace(
        "\n", "\n\t"
    )
    forms = [
        log(row(said))[1],
        log(json.dumps(told) + "\n")[1],
        log(plain + "\n", prefix="%m %c %l %q%u@%d %h %a ")[1],
    ]
    for events in forms:
        for event in events:
            del event["length"]
    assert forms[0] == forms[1] == forms[2] != []


def test_a_name_that_forges_a_line_is_malformed(log):
    """An application's name that looks like a message makes its line unreadable."""
    forged = "x LOG:  " + message("select 1", "public.other")[:40]
    text = f"{TIME} [7] ann@db 10.0.0.7 {forged} LOG:  {message('select 1')}\n"
    _, events, _, malformed = log(text)
    assert events == []
    assert [lost.reason for lost in malformed] == ["the line can be read in two ways"]


@pytest.mark.parametrize("form", ["csvlog", "jsonlog", "stderr"])
@given(content=st.binary(max_size=200))
def test_any_bytes_are_survived(tmp_path_factory, form, content):
    """Whatever the bytes are, each line is accounted for, and nothing is raised."""
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(content)
    _, events, _, _ = read(path, format=form)
    assert events == []


@pytest.mark.parametrize(
    "options",
    [
        {"format": "xml"},
        {"zone": "Nowhere/Land"},
        {"prefix": "%u "},
        {"prefix": "%m %y"},
        {"prefix": "%m %"},
        {"format": 3},
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options):
    """A wrong option is told before anything is read."""
    with pytest.raises(ConfigError):
        READER.check(order(**options))


def test_good_options_are_taken():
    """Options as the documentation has them pass."""
    READER.check(order(format="stderr", prefix="%t:%r:%u@%d:[%p]:", zone="Europe/Oslo"))


@pytest.mark.peer
def test_peer_files_are_read_to_the_last_line(peer_data):
    """The three files of a real server say the same, and every row is accounted for."""
    folder = peer_data / "logs" / "pgaudit"
    told = {}
    for ending in ("csv", "json", "log"):
        file, events, asides, malformed = read(folder / f"pgaudit.{ending}")
        lines = {event["offset"] for event in events}  # six write and return
        assert (len(lines), len(events), malformed) == (51, 57, [])
        assert file.problems == []
        told[ending] = [
            [
                event[key]
                for key in (
                    "time",
                    "verb",
                    "rows",
                    "actor",
                    "address",
                    "application",
                    "touch",
                )
            ]
            for event in events
        ]
        rows = {
            "csv": lambda: len(
                list(
                    csv.reader(
                        io.StringIO((folder / "pgaudit.csv").read_text(), newline="")
                    )
                )
            ),
            "json": lambda: len((folder / "pgaudit.json").read_text().splitlines()),
            "log": lambda: sum(
                not line.startswith("\t")
                for line in (folder / "pgaudit.log").read_text().splitlines()
            ),
        }[ending]()
        assert len(lines) + asides == rows
    assert told["csv"] == told["json"] == told["log"]


def columns(table, *names):
    return Touch(tuple(f"column:db/public.{table}.{name}" for name in names))


def whole(table, *names):
    return Touch(columns(table, *names).columns, (f"dataset:db/public.{table}",))


@pytest.mark.peer
@pytest.mark.parametrize(
    ("uid", "verb", "actor", "told"),
    [
        ("6b02d52f.6e10/3", "none", "postgres", (0, Touch())),
        ("6b02d52f.6e12/8", "alter", "postgres", (0, whole("tmp"))),
        ("6b02d52f.6e12/9", "alter", "postgres", (0, whole("tmp2"))),
        ("6b02d52f.6e12/12", "read", "postgres", (1, Touch())),
        ("6b02d530.6e1f/26", "insert", "regress_user2", (2, whole("test2", "id"))),
        ("6b02d530.6e1f/28", "read", "regress_user2", (2, whole("test2", "id"))),
        ("6b02d530.6e1f/29", "read", "regress_user2", (2, whole("test2", "id"))),
        ("6b02d530.6e21/3", "read", "regress_user2", (0, columns("test4", "name"))),
        ("6b02d530.6e21/4", "insert", "regress_user2", (1, columns("test4", "name"))),
        ("6b02d530.6e21/5", "update", "regress_user2", (2, columns("test4", "id"))),
        ("6b02d530.6e21/6", "update", "regress_user2", (0, columns("test4", "name"))),
        ("6b02d530.6e23/3", "insert", "regress_user2", (1, whole("test4"))),
        ("6b02d534.6e33/3", "none", "postgres", (0, Touch())),
    ],
)
def test_peer_events_are_as_a_reader_of_the_file_sees_them(
    peer_data, uid, verb, actor, told
):
    """Events that were read by eye are told so."""
    _, events, _, _ = read(peer_data / "logs" / "pgaudit" / "pgaudit.csv")
    [event] = [event for event in events if event["uid"] == uid]
    assert (event["verb"], event["actor"]) == (verb, f"role:db/{actor}")
    assert (event["rows"], event["touch"]) == told


VALUED = st.sampled_from(
    [
        "select a from t where b = {}",
        "select a from t where b = '{}'",
        'select "c {}" from t where b = 1',
        "/* request_id='{}' */ select a from t",
        "select a from t -- '\n where '{}' = c",
        "explain (a '{}') select a from t",
        "update t set a = ''{}'', b = 1",
    ]
)


@given(st.lists(st.tuples(VALUED, st.sampled_from(["1", "27", "x''y"])), max_size=12))
def test_values_of_a_statement_make_no_difference(tmp_path_factory, lines):
    """Statements that differ in values alone are remembered as one, and no others."""
    path = tmp_path_factory.getbasetemp() / "valued.csv"
    texts = (message(said.format(value)) for said, value in lines)
    rows = (row(text.replace("<none>", "<not logged>")) for text in texts)
    path.write_bytes("".join(rows).encode())
    plain = read(path, format="csvlog")[1:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csvlog, "_PLAIN", re.compile(b"(?!)"))
        assert read(path, format="csvlog")[1:] == plain
    assert len(plain[0]) == len(lines)
