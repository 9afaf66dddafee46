"""Rows told column by column say what rows read one by one say."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit import unpacked
from ringfence.audit.readers.pgaudit import csvlog, known
from ringfence.audit.readers.pgaudit.likes import blanked
from ringfence.audit.readers.pgaudit.messages import Messages
from ringfence.audit.statements.fingerprint import fingerprint
from tests.unit.audit.pgaudit.pgaudit_reading import read

BEFORE = "<previously logged>"
WORDS = [
    *("select ", "a", " from ", "t", " where ", "b = ", "for update", "returning a"),
    *("'", "''", '"', '""', '"a b"', '"a"', '"a1"', "'x'", "'\"b\"'", "'returning'"),
    *("1", "2.5", "t1", "$1", "$$", "$a$", "\\", "--", "/* ", " */", "#", "[", "`"),
    *("é", "é1", "explain ", ",", ";", " ", "\n", "\r", ".", "-", "\x00", "e'", "10"),
]
ANYTHING = st.lists(st.sampled_from(WORDS), max_size=9).map("".join)
SAID = st.sampled_from(
    [
        "select a from t where b = {}",
        "select a from t where b in ('{}', '{}')",
        'select "a" from "t" where "b {}" = {}',
        "update t set a = '{}' where b = {} returning a, c",
        "insert into t (a) values ('{} returning') ",
        "select a from t where b = {} for update",
        "explain select a from t where b = {}",
        "/* request_id='r-{}' */ select a from t",
        BEFORE,
        "<not logged>",
    ]
)
STATEMENTS = ANYTHING | st.builds(
    lambda said, value: said.format(value, value),
    SAID,
    st.sampled_from(["1", "27", "x", "returning", "1.5"]),
)
NAMES = ["", "public.t", 'public."T"', 'public."t 1"', "public.t1", "a.b.c", "17"]
TIMES = st.sampled_from(["2021-09-01 10:00:00.123", "2021-13-01 10:00:00.000"])
ZONES = st.sampled_from(["UTC", "UTC", "UTC", "+02", "CEST", "utc"])


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def told(fields):
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(fields)
    return "AUDIT: " + line.getvalue()[:-2]


@st.composite
def messages(draw):
    """A message of pgaudit, or one that only looks so, or none."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(["ready", "AUDIT: odd", "AUDIT: SESSION,1,1,"]))
    kind, command = draw(
        st.sampled_from(
            [("READ", "SELECT"), ("WRITE", "UPDATE"), ("WRITE", "INSERT"), ("X", "Y")]
        )
    )
    fields = [
        draw(st.sampled_from(["SESSION", "OBJECT"])),
        str(draw(st.integers(1, 2))),
        "1",
        *(kind, command, draw(st.sampled_from(["TABLE", ""]))),
        draw(st.sampled_from(NAMES)),
        draw(STATEMENTS),
        draw(st.sampled_from(["<none>", "<not logged>", "1,x", 'a "b"', ""])),
        draw(st.sampled_from(["3", "0", "1" * 17, "1" * 18, "x"])),
    ]
    return told(fields[: draw(st.sampled_from([10, 10, 9]))])


@st.composite
def rows(draw):
    """A row of the server's, sound or not."""
    time, zone = draw(TIMES), draw(ZONES)
    who = draw(st.sampled_from(['"ann"', '"b,c"', "", '""', '"a""b"']))
    host = draw(st.sampled_from(['"10.0.0.7:41"', '"[local]"', "", '"h"', '"a,b:1"']))
    app = draw(st.sampled_from(["psql", "x request=r-9", "", 'a"b']))
    end = draw(
        st.sampled_from(['"client backend",,0', '"client backend"', "x,y", None])
    )
    session = draw(st.sampled_from(["612f4e20.4d", "612f4e20.4e", "odd"]))
    text = (
        f"{time} {zone},{who},"
        f'"db",77,{host},{session},{draw(st.integers(0, 99))},"SELECT",'
        f"2021-09-01 09:00:00 UTC,3/4,0,LOG,00000,{quoted(draw(messages()))},,,,,,,,,"
        f"{quoted(app)}"
    )
    text += "" if end is None else f",{end}"
    return text + draw(st.sampled_from(["\n", "\n", "\r\n"]))


def carefully(path):
    """What is read when every row is read with care."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csvlog, "_PLAIN", re.compile(b"(?!)"))
        return read(path, format="csvlog", zone="Europe/Oslo")[1:]


@given(st.lists(rows(), max_size=14), st.sampled_from([1, 3]))
def test_columns_say_what_single_rows_say(tmp_path_factory, lines, times):
    """Whatever rows hold, and however often they come, both ways tell the same."""
    path = tmp_path_factory.getbasetemp() / "columns.csv"
    path.write_bytes("".join(lines * times).encode())
    assert read(path, format="csvlog", zone="Europe/Oslo")[1:] == carefully(path)


@given(st.lists(rows(), max_size=14))
def test_the_cuts_between_blocks_change_nothing(tmp_path_factory, lines):
    """What was learnt in one block holds for the next."""
    path = tmp_path_factory.getbasetemp() / "blocks.csv"
    sure = [line for line in lines * 2 if BEFORE not in line]
    path.write_bytes("".join(sure).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacked, "BLOCK", 700)
        patch.setattr(known, "MOST", 2)
        cut = read(path, format="csvlog", zone="Europe/Oslo")[1:]
    assert cut == carefully(path)


@given(st.lists(rows(), max_size=6), st.binary(max_size=30), st.data())
def test_bytes_that_are_no_rows_cost_no_more_than_with_care(
    tmp_path_factory, lines, junk, data
):
    """Torn and foreign bytes among the rows are accounted for the same way."""
    path = tmp_path_factory.getbasetemp() / "junk.csv"
    content = "".join(lines * 2).encode()
    place = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:place] + junk + content[place:])
    assert read(path, format="csvlog", zone="Europe/Oslo")[1:] == carefully(path)


def test_a_statement_of_the_block_before_is_known(tmp_path):
    """A line that refers to the last one of the block before it has its statement."""
    text = "".join(
        f'2021-09-01 10:00:00.000 UTC,"ann","db",77,"10.0.0.7:4",612f4e20.4d,{number},'
        f'"SELECT",2021-09-01 09:00:00 UTC,3/4,0,LOG,00000,{quoted(said)},,,,,,,,,"psql"'
        "\n"
        for number, said in enumerate(
            told(["SESSION", n, "1", "READ", "SELECT", "TABLE", name, sql, "<none>"])
            for n, name, sql in [
                ("1", "public.t", "select b from t"),
                ("2", "public.t", "select b from t"),
                ("2", "public.t", BEFORE),
            ]
        )
    )
    path = tmp_path / "log"
    path.write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacked, "BLOCK", 64)
        patch.setattr(unpacked, "CHUNK", 64)
        _, events, _, _ = read(path, format="csvlog")
    assert len({str(event["touch"]) for event in events}) == 1


def raw(statement):
    """A statement as it stands in a row of csvlog, behind what leads it."""
    row = told(["READ", "SELECT", "TABLE", "public.t", statement])
    return row.removeprefix("AUDIT: ").replace('"', '""').encode()


@given(st.lists(ANYTHING.filter(lambda one: "\x00" not in one), min_size=1, max_size=8))
def test_statements_that_are_blanked_alike_are_told_as_one(statements):
    """What is equal without its values has one fingerprint, and means one thing."""
    likes = blanked([raw(one) for one in statements])
    alike: dict[bytes, list[str]] = {}
    for like, one in zip(likes, statements, strict=True):
        alike.setdefault(like, []).append(one)
    for same in alike.values():
        assert len({fingerprint(one) for one in same}) == 1
        meant = {
            Messages("db", "public").said(
                told(["SESSION", "1", "1", kind, "UPDATE", "", "", one, "<none>"]), ""
            )
            for one in same
            for kind in ["WRITE"]
        }
        assert len({(said.verb, said.touch, said.returned) for said in meant}) == 1


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("select a from t where b = 1", "select a from t where b = 22.5", True),
        ("select a from t where b = 'x'", "select a from t where b = 'it''s'", True),
        ('select "a" from t where b = 1', 'select "a" from t where b = 2', True),
        ("select a from t1", "select a from t2", False),
        ("select a from t where b = $1", "select a from t where b = $2", False),
        ('select "a 1" from t', 'select "a 2" from t', False),
        ("select 1 -- '", "select 2 -- '", False),
        ("select e'\\'', 1", "select e'\\'', 2", False),
        ("select $$1$$", "select $$2$$", False),
        ("select '1' a", "select 1 a", False),
        ("update t set a = 'returning'", "update t set a = 'b'", False),
    ],
)
def test_what_is_alike(one, other, alike):
    """Values alone make no difference; names, parameters and odd texts do."""
    first, second = blanked([raw(one), raw(other)])
    assert (first == second) is alike
