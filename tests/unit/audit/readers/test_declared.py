"""Home-made logs: the boundary explains their words, and nothing is guessed."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.audit.event import Ending
from ringfence.audit.readers.declared import READER
from ringfence.boundary.order import LogOrder, Naming
from ringfence.errors import ConfigError
from tests.unit.audit.readers.reading import options, read

FIELDS = {"time": "at", "actor": "who"}
NINE = 1_630_486_800_000_000  # 2021-09-01T09:00:00Z


def order(*, store="warehouse", signs_in=False, resources=(), **values):
    values.setdefault("fields", FIELDS)
    return LogOrder(
        "pulse",
        "declared",
        ("*",),
        store=store,
        signs_in=signs_in,
        resources=resources,
        options=options(**values),
    )


def lines(*values):
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def told(tmp_path, value, **values):
    """Return the one event of a log of one line."""
    reading = read(READER, order(**values), lines(value), tmp_path / "log.jsonl")
    assert reading.malformed == []
    [row] = reading.rows
    return row


def refused(tmp_path, value, **values):
    """Return why the one line of a log is malformed."""
    reading = read(READER, order(**values), lines(value), tmp_path / "log.jsonl")
    [bad] = reading.malformed
    assert (reading.rows, bad.offset, bad.line) == ([], 0, 1)
    return bad.reason


EVERYTHING = {
    "at": "2021-09-01T09:00:00.5Z",
    "actor": {"login": "ann@pulse.example"},
    "for": "bo@pulse.example",
    "sid": "s-1",
    "rid": 77,
    "page": "/people",
    "ip": "[2001:DB8::1]:443",
    "did": "export",
    "table": "accounts.profile",
    "cols": ["email", "phone"],
    "n": "12",
    "ids": "u1, u2",
    "id": "e-9",
    "ok": True,
}
EVERY_FIELD = {
    "time": "at",
    "actor": "actor.login",
    "behind": "for",
    "session": "sid",
    "request": "rid",
    "application": "page",
    "address": "ip",
    "verb": "did",
    "resource": "table",
    "columns": "cols",
    "rows": "n",
    "subjects": "ids",
    "uid": "id",
    "ending": "ok",
}


def test_every_word_is_found_where_the_boundary_says(tmp_path):
    """A line gives each column from the path that `fields` names."""
    row = told(
        tmp_path,
        EVERYTHING,
        fields=EVERY_FIELD,
        verbs={"export": "read"},
        denied=[False],
    )
    assert row.time == NINE + 500_000
    assert (row.actor, row.behind) == ("ann@pulse.example", "bo@pulse.example")
    assert (row.session, row.request, row.application) == ("s-1", "77", "/people")
    assert row.address == "2001:db8::1"
    assert row.touch == {
        "columns": [
            "column:warehouse/accounts.profile.email",
            "column:warehouse/accounts.profile.phone",
        ]
    }
    assert (row.verb, row.rows, row.uid) == ("read", 12, "e-9")
    assert (row.ending, row.subjects) == (Ending.DONE, ("u1", "u2"))
    assert (row.offset, row.length, row.line) == (0, len(json.dumps(EVERYTHING)), 1)


def test_csv_and_json_lines_tell_the_same(tmp_path):
    """The same events come of a table as of JSON lines, whatever a cell holds."""
    wanted = [
        {"at": "2021-09-01 09:00:00Z", "who": "ann", "what": 'a "b", c\nd'},
        {"at": "2021-09-01 09:00:01Z", "who": "bo, jr", "what": "ü"},
    ]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ["who", "at", "what"])
    writer.writeheader()
    writer.writerows(wanted)
    plan = order(fields={**FIELDS, "resource": "what"})
    table = read(READER, plan, out.getvalue().encode(), tmp_path / "log.csv")
    objects = read(READER, plan, lines(*wanted), tmp_path / "log.jsonl")
    shown = [
        [(row.time, row.actor, row.touch, row.verb) for row in one.rows]
        for one in (table, objects)
    ]
    assert shown[0] == shown[1]
    assert (table.asides, table.malformed) == (1, [])
    content = out.getvalue().encode()
    for row in table.rows:
        assert row.actor.encode() in content[row.offset : row.offset + row.length]
    assert [row.line for row in table.rows] == [2, 4]


@pytest.mark.parametrize(
    ("said", "plan", "micros"),
    [
        ("2021-09-01T11:00:00+02:00", {}, NINE),
        ("20210901T090000Z", {}, None),
        ("2021-09-01 09:00:00.123456789 UTC", {}, NINE + 123_456),
        ("2021-09-01 09:00Z", {}, NINE),
        ("2021-09-01T05:00:00", {"zone": "America/New_York"}, NINE),
        ("2021-09-01T09:00:00", {"zone": "UTC"}, NINE),
        (1_630_486_800, {"epoch": "seconds"}, NINE),
        (1_630_486_800.25, {"epoch": "seconds"}, NINE + 250_000),
        ("1630486800.000001", {"epoch": "seconds"}, NINE + 1),
        (1_630_486_800_000, {"epoch": "milliseconds"}, NINE),
        (1_630_486_800_000_001, {"epoch": "microseconds"}, NINE + 1),
    ],
)
def test_an_instant_is_read_exactly(tmp_path, said, plan, micros):
    """Each way to write a time gives its microsecond, or is refused."""
    value = {"at": said, "who": "ann"}
    if micros is None:
        assert "no date with a time" in refused(tmp_path, value, **plan)
    else:
        assert told(tmp_path, value, **plan).time == micros


@pytest.mark.parametrize(
    ("said", "plan", "reason"),
    [
        ("2021-09-01T09:00:00", {}, "has no zone"),
        ("2021-09-01", {}, "no date with a time"),
        ("2016-12-31T23:59:60Z", {}, "leap second"),
        ("2021-02-29T00:00:00Z", {}, "on no calendar"),
        ("2021-09-01T25:00:00Z", {}, "on no calendar"),
        ("0001-01-01T00:00:00Z", {}, "not of this age"),
        ("0001-01-01T00:00:00+23:59", {}, "not of this age"),
        ("2021-11-07T01:30:00", {"zone": "America/New_York"}, "no one instant"),
        ("2021-03-14T02:30:00", {"zone": "America/New_York"}, "no one instant"),
        (1_630_486_800, {}, "say its unit"),
        (1_630_486_800, {"epoch": "milliseconds"}, "looks like seconds"),
        (1_630_486_800_000, {"epoch": "seconds"}, "looks like milliseconds"),
        (7, {"epoch": "seconds"}, "no instant of this age"),
        (10**30, {"epoch": "seconds"}, "no instant of this age"),
        ("soon", {"epoch": "seconds"}, "no number of seconds"),
        (True, {}, "no date with a time"),
        ("", {}, "has no time"),
        (None, {}, "has no time"),
        ([1], {}, "no single value"),
    ],
)
def test_a_time_that_names_no_instant_is_malformed(tmp_path, said, plan, reason):
    """A time without zone, off the calendar or in the wrong unit is never guessed."""
    assert reason in refused(tmp_path, {"at": said, "who": "ann"}, **plan)


@pytest.mark.parametrize(
    ("value", "fields", "reason"),
    [
        ({"who": ""}, {}, "names no actor (`who`)"),
        ({"who": {"name": "ann"}}, {}, "`who` is no single value"),
        ({"n": "many"}, {"rows": "n"}, "`n` is no whole number"),
        ({"n": -4}, {"rows": "n"}, "`n` is no count"),
        ({"n": 1.5}, {"rows": "n"}, "`n` is no whole number"),
        ({"did": "ping"}, {"verb": "did"}, "`verbs` doesn't say what `ping` means"),
        ({"ids": [["u1"]]}, {"subjects": "ids"}, "`ids` is no single value"),
    ],
)
def test_a_line_that_is_not_as_declared_is_malformed(tmp_path, value, fields, reason):
    """A field of the wrong kind makes its line malformed, and says which field."""
    line = {"at": "2021-09-01T09:00:00Z", "who": "ann", **value}
    assert refused(tmp_path, line, fields={**FIELDS, **fields}) == reason


NAMED = {
    **FIELDS,
    "resource": "what",
    "resources": "whats",
    "columns": "cols",
    "verb": "did",
}


@pytest.mark.parametrize(
    ("said", "touch", "verb"),
    [
        ({}, {}, "none"),
        ({"did": "read"}, {"unclear": True}, "read"),
        ({"did": "none", "what": "a.b"}, {"part": ["dataset:warehouse/a.b"]}, "none"),
        ({"what": "a.b"}, {"part": ["dataset:warehouse/a.b"]}, "read"),
        ({"what": "a.b", "cols": "*"}, {"whole": ["dataset:warehouse/a.b"]}, "read"),
        (
            {"whats": "a.b,a.c", "did": "Update"},
            {"part": ["dataset:warehouse/a.b", "dataset:warehouse/a.c"]},
            "update",
        ),
        ({"what": "store:archive"}, {"part": ["store:archive"]}, "read"),
        (
            {"what": "store:crm", "cols": ["a.b.c"]},
            {"columns": ["column:crm/a.b.c"]},
            "read",
        ),
        ({"what": "column:crm/a.b.c"}, {"columns": ["column:crm/a.b.c"]}, "read"),
        ({"cols": "a.b.c"}, {"columns": ["column:warehouse/a.b.c"]}, "read"),
        ({"cols": "column:crm/a.b.c"}, {"columns": ["column:crm/a.b.c"]}, "read"),
        ({"what": "People 7"}, {"part": ["People 7"]}, "read"),
        (
            {"what": "People 7", "cols": "mail"},
            {"columns": ["column:crm/p.7.mail"]},
            "read",
        ),
    ],
)
def test_names_become_what_was_touched(tmp_path, said, touch, verb):
    """Names without kind belong to the log's store, unless `resources` knows them."""
    line = {"at": "2021-09-01T09:00:00Z", "who": "ann", **said}
    known = (Naming("People *", "dataset:crm/p.{1}"),)
    row = told(tmp_path, line, fields=NAMED, resources=known)
    assert (row.touch, row.verb) == (touch, verb)


def test_a_dataset_is_touched_as_a_whole_where_the_boundary_says_so(tmp_path):
    """With `whole`, a dataset that is named without columns was seen as a whole."""
    line = {"at": "2021-09-01T09:00:00Z", "who": "ann", "what": "a.b"}
    assert told(tmp_path, line, fields=NAMED, whole=True).touch == {
        "whole": ["dataset:warehouse/a.b"]
    }


def test_without_a_store_names_stay_the_logs_own(tmp_path):
    """A log of no store keeps its names, for nobody says whose they are."""
    line = {"at": "2021-09-01T09:00:00Z", "who": "ann", "what": "a.b", "cols": "c"}
    assert told(tmp_path, line, fields=NAMED, store="").touch == {"columns": ["a.b.c"]}


def test_a_refusal_is_denied(tmp_path):
    """An ending among `denied` gives an event that obtained nothing."""
    line = {"at": "2021-09-01T09:00:00Z", "who": "ann", "code": 403}
    fields = {**FIELDS, "ending": "code"}
    assert (
        told(tmp_path, line, fields=fields, denied=[401, 403]).ending == Ending.DENIED
    )


def test_lines_of_another_kind_are_asides_and_beats(tmp_path):
    """A line that `where` doesn't take is counted, and its time shows a living log."""
    content = lines(
        {"at": "2021-09-01T09:00:00Z", "kind": "beat"},
        {"at": "bad", "kind": "beat"},
        {"at": "2021-09-01T09:00:01Z", "kind": "view", "who": "ann"},
        {"kind": {"view": 1}},
    )
    plan = order(where={"kind": ["view", "export"]})
    reading = read(READER, plan, content, tmp_path / "log")
    assert (reading.asides, reading.beats) == (3, [NINE])
    assert [row.actor for row in reading.rows] == ["ann"]


SIGNS = {
    **FIELDS,
    "until": "end",
    "address": "ip",
    "uid": "id",
    "session": "id",
    "verb": "did",
    "ending": "ok",
}


def signs(tmp_path, *values, **fields):
    plan = order(
        fields={**SIGNS, **fields},
        signs_in=True,
        verbs={"login": "sign-in", "logout": "sign-out"},
        denied=["no"],
    )
    return read(READER, plan, lines(*values), tmp_path / "signs.jsonl")


def test_a_sign_in_with_its_end_gives_two_events(tmp_path):
    """One line that tells both ends of a lease is a sign-in and a sign-out."""
    line = {
        "at": "2021-09-01T09:00:00Z",
        "end": "2021-09-01T10:00:00Z",
        "who": "ann",
        "ip": "203.0.113.7:5123",
        "id": "s1",
    }
    begin, end = signs(tmp_path, line).rows
    assert (begin.application, end.application) == ("sign-in", "sign-out")
    assert (begin.uid, end.uid) == ("s1", "s1/end")
    assert (begin.session, end.session) == ("s1", "s1")
    assert end.time - begin.time == 3_600_000_000
    assert begin.offset == end.offset
    assert {begin.address, end.address} == {"203.0.113.7"}
    assert {begin.verb, end.verb} == {"none"}


def test_sign_ins_and_sign_outs_may_be_lines_of_their_own(tmp_path):
    """The log's verbs say which line begins a lease and which ends one."""
    reading = signs(
        tmp_path,
        {"at": "2021-09-01T09:00:00Z", "who": "ann", "did": "login"},
        {"at": "2021-09-01T09:30:00Z", "who": "ann", "did": "logout"},
        {
            "at": "2021-09-01T09:40:00Z",
            "who": "ann",
            "did": "login",
            "ok": "no",
            "end": "2021-09-01T09:50:00Z",
        },
        {"at": "2021-09-01T09:40:00Z", "end": "2021-09-01T09:50:00Z", "who": "bo"},
    )
    shown = [(row.application, row.ending.name, row.uid) for row in reading.rows]
    assert shown == [
        ("sign-in", "DONE", ""),
        ("sign-out", "DONE", ""),
        ("sign-in", "DENIED", ""),
        ("sign-in", "DONE", ""),
        ("sign-out", "DONE", ""),
    ]


def test_a_lease_that_ends_before_it_begins_is_malformed(tmp_path):
    """A sign-in whose end comes first is no lease."""
    line = {"at": "2021-09-01T09:00:00Z", "end": "2021-09-01T08:00:00Z", "who": "ann"}
    [bad] = signs(tmp_path, line).malformed
    assert bad.reason == "ends before it begins"


@pytest.mark.parametrize(
    ("content", "rows", "reasons"),
    [
        (b"", 0, []),
        (b"at,who\n", 0, []),
        (b"\xef\xbb\xbfat,who\r\n2021-09-01T09:00:00Z,ann\r\n", 1, []),
        (b"at,name\n2021-09-01T09:00:00Z,ann\n", 0, ["no column `who`"] * 2),
        (b"at,who,at\n2021-09-01T09:00:00Z,ann,\n", 0, ["a column twice"] * 2),
        (b"at,who\n2021-09-01T09:00:00Z,ann,x\n", 0, ["has 3 cells, its header 2"]),
        (b"at,who\n2021-09-01T09:00:00Z,\xff\n", 0, ["not UTF-8"]),
        (b"at,who\n2021-09-01T09:00:00Z,ann\nat,who\n2021-09-01T09:00:00Z,bo\n", 2, []),
    ],
)
def test_a_table_that_is_not_one_is_accounted_for(tmp_path, content, rows, reasons):
    """Each row of a CSV file is an event, a header or malformed."""
    reading = read(READER, order(), content, tmp_path / "log.csv")
    assert len(reading.rows) == rows
    assert len(reading.malformed) == len(reasons)
    for bad, reason in zip(reading.malformed, reasons, strict=True):
        assert reason in bad.reason


def test_a_table_may_have_no_header_and_another_delimiter(tmp_path):
    """The boundary names the cells of a file whose first row is an event."""
    plan = order(header=["at", "who"], delimiter="\t")
    content = b"2021-09-01T09:00:00Z\tann\n2021-09-01T09:00:00Z\tbo"
    reading = read(READER, plan, content, tmp_path / "log.tsv")
    assert [row.actor for row in reading.rows] == ["ann", "bo"]
    assert reading.asides == 0


def test_the_first_byte_tells_what_the_name_does_not(tmp_path):
    """A file whose name shows no format is JSON if it begins so, and else CSV."""
    table = read(
        READER, order(), b"at,who\n2021-09-01T09:00:00Z,ann\n", tmp_path / "a.log"
    )
    objects = read(
        READER,
        order(),
        lines({"at": "2021-09-01T09:00:00Z", "who": "ann"}),
        tmp_path / "b.log",
    )
    assert table.rows[0].actor == objects.rows[0].actor == "ann"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"fields": {"time": "at"}}, "`fields` needs `actor`"),
        ({"fields": {**FIELDS, "uptime": "x"}}, "has no `uptime`"),
        ({"format": "xml"}, "unknown `format` `xml`"),
        ({"epoch": "days"}, "unknown `epoch` `days`"),
        ({"zone": "Mars/Base"}, "unknown zone `Mars/Base`"),
        ({"zone": "../etc/passwd"}, "unknown zone"),
        ({"zone": "Europe"}, "unknown zone"),
        ({"verbs": {"view": "look"}}, "unknown verb `look`"),
        ({"denied": ["no"]}, "`ending` in `fields` is missing"),
        ({"fields": {**FIELDS, "ending": "ok"}}, "`denied` is missing"),
        ({"fields": {**FIELDS, "until": "end"}}, "needs `signs_in: true`"),
        ({"where": {"kind": {"a": "b"}}}, "`where` must be single values"),
        ({"separator": "||"}, "`separator` must be one character"),
        ({"delimiter": "·"}, "`delimiter` must be an ASCII character"),
        ({"header": ["at"]}, "`header` has no `who`"),
        ({"whole": "yes"}, "`whole` must be `true` or `false`"),
    ],
)
def test_an_option_that_can_not_be_used_is_refused(values, message):
    """Wrong options are told when the boundary is read, with their place."""
    with pytest.raises(ConfigError) as raised:
        READER.check(order(**values))
    assert message in str(raised.value)
    assert "boundary" in str(raised.value)


def test_an_order_without_fields_says_what_to_add():
    """A declared log without `fields` can't be read, and the hint shows them."""
    with pytest.raises(ConfigError, match="add `fields"):
        READER.check(LogOrder("x", "declared", ("*",)))


INSTANTS = st.integers(700_000_000, 4_000_000_000).map(
    lambda second: datetime.fromtimestamp(second, UTC)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(INSTANTS, st.text(min_size=1, max_size=5)), max_size=5),
    st.randoms(),
)
def test_the_order_of_lines_changes_no_event(tmp_path, said, random):
    """Shuffled lines give the same events, each at the bytes that tell it."""
    values = [{"at": at.isoformat(), "who": who} for at, who in said]
    first = read(READER, order(), lines(*values), tmp_path / "a.jsonl")
    random.shuffle(values)
    content = lines(*values)
    second = read(READER, order(), content, tmp_path / "b.jsonl")
    assert sorted((row.time, row.actor) for row in first.rows) == sorted(
        (row.time, row.actor) for row in second.rows
    )
    assert second.parts == len(values)
    for row in second.rows:
        line = json.loads(content[row.offset : row.offset + row.length])
        assert line["who"].strip() == row.actor


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from(["log.csv", "log.jsonl", "log"]))
def test_no_bytes_raise(tmp_path, content, name):
    """Whatever a file holds, reading it ends, and malformed parts lie within it."""
    reading = read(READER, order(), content, tmp_path / name)
    for bad in reading.malformed:
        assert 0 <= bad.offset <= bad.offset + bad.length <= len(content)
