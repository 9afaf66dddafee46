"""What is no canonical fact of the vocabulary is named with file, line and reason."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ringfence.errors import SourceError
from ringfence.estate.load import MOST_PROBLEMS, FactsFile
from ringfence.estate.store import Estate
from tests.unit.estate.made import (
    EDGE,
    NODE,
    SOURCE,
    TRAIT,
    estate,
    refusal,
    written,
)

GOOD = written(NODE, id="person:bo") + "\n"
GRANT = EDGE | {"name": "has_privilege", "value": "store:w", "verb": "read"}
COPY = EDGE | {"id": "store:v", "name": "backed_up_to", "value": "store:w"}
OWNS = EDGE | {"id": "person:ann", "name": "owns", "value": "legal_entity:acme"}
HOLDS = EDGE | {"id": "store:w", "name": "contains", "value": "dataset:w/a.b"}

BROKEN: dict[str, tuple[str, str | None]] = {
    "no JSON": ("nonsense", "is not JSON: invalid character (byte 4)"),
    "broken off": (written(NODE)[:30], "is not JSON: it breaks off"),
    "half a pair": (
        written(NODE).replace("ann", "\\ud800"),
        "is not JSON: unexpected end of escaped utf-16 surrogate pair (byte 45)",
    ),
    "a raw control": (
        written(NODE).replace("ann", "\x1b"),
        "is not JSON: invalid character (byte 39)",
    ),
    "a list": ("[1]", "must be a JSON object"),
    "a word": ("null", "must be a JSON object"),
    "two facts": (written(NODE) * 2, "is not JSON: trailing characters (byte 59)"),
    "bottomless": ('{"detail":' + "[" * 9999, "`detail` must be a JSON object"),
    "empty object": ("{}", "has no form ``"),
    "no form": (written(NODE, fact=None), "has no form ``"),
    "unknown form": (written(NODE, fact="person"), "has no form `person`"),
    "no place": (written(NODE, at=None), "needs `id`, `source` and `at`"),
    "no id": (written(NODE, id=None), "needs `id`, `source` and `at`"),
    "no source": (written(NODE, source=None), "needs `id`, `source` and `at`"),
    "unknown key": (written(NODE, nationality="CN"), "has no key `nationality`"),
    "a number": (written(NODE, id=5), "`id` must be text"),
    "a null": (written(NODE, since=0).replace("0", "null"), "`since` must be text"),
    "detail is text": (written(NODE, detail="x"), "`detail` must be a JSON object"),
    "detail of numbers": (written(NODE, detail={"a": 1}), "`detail` must hold text"),
    "unsorted": ('{"fact":"node","at":"x","id":"person:a","source":"s"}', None),
    "unsorted detail": (
        '{"at":"x","detail":{"b":"1","a":"1"},"fact":"node","id":"person:a","source":"s"}',
        None,
    ),
    "blanks": (written(NODE).replace(",", ", "), None),
    "blank at the end": (written(NODE) + " ", None),
    "blank at the start": (" " + written(NODE), None),
    "empty value": (written(NODE, since=""), None),
    "empty detail": (written(NODE, detail={}), None),
    "key twice": (written(NODE)[:-1] + ',"source":"hr"}', None),
    "needless escape": (written(NODE).replace("ann", "\\u0061nn"), None),
    "escaped slash": (written(NODE).replace("ann", "a\\/n"), None),
    "capital escape": (written(NODE).replace("ann", "\\u001F"), None),
    "no kind": (written(NODE, id="ann"), "has no kind of node `ann`"),
    "unknown kind": (written(NODE, id="user:ann"), "has no kind of node `user`"),
    "no name": (written(NODE, id="person:"), "names no person"),
    "a node with a value": (
        written(NODE, value="x"),
        "a node has neither name nor value, verb or control",
    ),
    "month 13": (
        written(NODE, since="2022-13-01T00:00:00Z"),
        "`since` is no UTC instant",
    ),
    "30 February": (
        written(NODE, since="2022-02-30T00:00:00Z"),
        "`since` is no UTC instant",
    ),
    "hour 24": (
        written(NODE, until="2022-01-01T24:00:00Z"),
        "`until` is no UTC instant",
    ),
    "second 60": (
        written(NODE, until="2022-01-01T00:00:60Z"),
        "`until` is no UTC instant",
    ),
    "year 0": (
        written(NODE, until="0000-01-01T00:00:00Z"),
        "`until` is no UTC instant",
    ),
    "bare date": (written(NODE, since="2022-01-01"), "`since` is no UTC instant"),
    "other zone": (
        written(NODE, since="2022-01-01T00:00:00+01:00"),
        "`since` is no UTC instant",
    ),
    "ends at once": (
        written(NODE, since="2022-01-01T00:00:00Z", until="2022-01-01T00:00:00Z"),
        "ends before it begins",
    ),
    "ends before": (
        written(NODE, since="2022-01-02T00:00:00Z", until="2022-01-01T00:00:00Z"),
        "ends before it begins",
    ),
    "collected some day": (
        written(SOURCE, value="2022-19-39T29:59:59Z"),
        "has no UTC instant of collection",
    ),
    "nationality": (
        written(TRAIT, name="nationality"),
        "has no attribute `nationality` of a person",
    ),
    "birthplace": (
        written(TRAIT, name="birthplace"),
        "has no attribute `birthplace` of a person",
    ),
    "another kind's": (
        written(TRAIT, name="organised_in"),
        "has no attribute `organised_in` of a person",
    ),
    "no attribute": (written(TRAIT, name=None), "has no attribute `` of a person"),
    "no value": (written(TRAIT, value=None), "needs a `value`, or `unknown`"),
    "attribute with a verb": (
        written(TRAIT, verb="read"),
        "an attribute has neither verb nor control",
    ),
    "small country": (written(TRAIT, value="cn"), "`cn` is no country"),
    "no such country": (written(TRAIT, value="ZZ"), "`ZZ` is no country"),
    "country's name": (written(TRAIT, value="China"), "`China` is no country"),
    "no place on Earth": (
        written(TRAIT, id="store:w", name="place", value="ZZ-VA"),
        "`ZZ-VA` is no place",
    ),
    "a small place": (
        written(TRAIT, id="store:w", name="place", value="US-va"),
        "`US-va` is no place",
    ),
    "unknown copy": (
        written(TRAIT, id="store:w", name="copy", value="Backup"),
        "`copy` can't be `Backup`",
    ),
    "neither yes nor no": (
        written(TRAIT, name="us_person", value="true"),
        "`us_person` can't be `true`",
    ),
    "unknown edge": (written(EDGE, name="likes"), "has no edge kind `likes`"),
    "no edge": (written(EDGE, name=None), "has no edge kind ``"),
    "no head": (written(EDGE, value=None), "has no kind of node ``"),
    "unknown head": (written(EDGE, value="team:x"), "has no kind of node `team`"),
    "nameless head": (written(EDGE, value="group:"), "names no group"),
    "grant without verb": (written(GRANT, verb=None), "needs a verb, and only a grant"),
    "verb without grant": (
        written(EDGE, verb="read"),
        "needs a verb, and only a grant",
    ),
    "unknown verb": (written(GRANT, verb="look"), "has no verb `look`"),
    "a verb group": (written(GRANT, verb="any"), "has no verb `any`"),
    "grant on a group": (
        written(GRANT, value="group:g"),
        "`has_privilege` leads to data",
    ),
    "grant from data": (
        written(GRANT, id="store:v"),
        "`has_privilege` starts from a principal",
    ),
    "data is a member": (
        written(EDGE, id="store:w"),
        "`member_of` starts from a principal",
    ),
    "member of data": (
        written(EDGE, value="store:w"),
        "`member_of` leads to a principal",
    ),
    "change from data": (
        written(EDGE, id="column:w/a.b.c", name="can_change"),
        "`can_change` starts from a principal",
    ),
    "person as a copy": (
        written(COPY, id="person:ann"),
        "`backed_up_to` joins data to data",
    ),
    "copy of a person": (
        written(COPY, value="person:ann"),
        "`backed_up_to` joins data to data",
    ),
    "holding a person": (
        written(HOLDS, value="person:ann"),
        "`contains` joins data to data",
    ),
    "owning a person": (
        written(OWNS, value="person:bo"),
        "an owner holds a legal entity",
    ),
    "owned by a group": (written(OWNS, id="group:g"), "an owner holds a legal entity"),
    "held by owning": (
        written(OWNS, detail={"directness": "nominee", "min": "5"}),
        "`directness` can't be `nominee`",
    ),
    "held in capitals": (
        written(OWNS, detail={"directness": "Direct"}),
        "`directness` can't be `Direct`",
    ),
    "held in no way": (
        written(OWNS, detail={"directness": ""}),
        "`directness` can't be ``",
    ),
    "more than it may be": (
        written(OWNS, detail={"max": "49.9", "min": "49.90000000000000000000001"}),
        "`min` is more than `max`",
    ),
    "nine is less than ten": (
        written(OWNS, detail={"max": "9", "min": "10"}),
        "`min` is more than `max`",
    ),
    **{
        f"`{bound}` of {text[:20]!r}": (
            written(OWNS, detail={bound: text}),
            f"`{bound}` can't be `{text}`: it is no percentage",
        )
        for bound in ("min", "max")
        for text in (
            *("", "x", "-5", "+5", "1e1", " 5", "5 ", "5%", "5.", ".5", "1/2", "0x5"),
            *("\u0665", "\uff15\uff10", "1_0", "5,5", "NaN", "0005", "999", "101"),
            *("100.0000000000000000000000000000000000000001", "0." + "1" * 41),
        )
    },
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_fact_is_named(case: str, tmp_path: Path):
    """Each line that is no fact has one problem: file, line, reason."""
    text, reason = BROKEN[case]
    expected = f"1.jsonl:2: {reason or 'is not canonical JSON'}"
    assert refusal(tmp_path, GOOD, f"{GOOD}{text}\n{GOOD}") == [expected]


HAZARDS = {
    "CRLF": (
        GOOD.replace("\n", "\r\n").encode() * 2,
        "0.jsonl:1: holds a carriage return",
    ),
    "a lone CR": (
        GOOD.encode() + written(NODE).replace("ann", "\r").encode(),
        "0.jsonl:2: holds a carriage return",
    ),
    "a NUL": (
        GOOD.encode() + written(NODE).replace("ann", "\0").encode(),
        "0.jsonl:2: holds a NUL",
    ),
    "the separator": (
        GOOD.encode() + written(NODE).replace("ann", "\1").encode(),
        "0.jsonl:2: holds a control character",
    ),
    "a byte-order mark": (
        b"\xef\xbb\xbf" + GOOD.encode(),
        "0.jsonl:1: begins with a byte-order mark",
    ),
    "latin": (
        GOOD.encode() + written(NODE).replace("ann", "é").encode("latin-1"),
        "0.jsonl:2: byte 39 of the line is not UTF-8",
    ),
    "UTF-16": (
        GOOD.encode("utf-16-be"),
        "0.jsonl:1: holds a NUL",
    ),
    "20 MB in a line": (
        GOOD.encode() + written(NODE, at="x" * 20_000_000).encode() + b"\n",
        "0.jsonl:2: is longer than 16 MiB",
    ),
}


@pytest.mark.parametrize("case", HAZARDS)
def test_what_is_no_text_of_lines_is_named(case: str, tmp_path: Path):
    """Bytes that two readers would take for different lines are refused, with place."""
    content, reason = HAZARDS[case]
    assert refusal(tmp_path, content, GOOD) == [reason]


@pytest.mark.parametrize(
    ("content", "size"),
    [(b"", 0), (b"\n", 0), (b"\n\n" + GOOD.encode(), 1), (GOOD.encode()[:-1], 1)],
    ids=["empty", "blank", "blank lines", "no final line end"],
)
def test_harmless_files_are_taken(content: bytes, size: int, tmp_path: Path):
    """Nothing, blank lines, and a last line without its end change no fact."""
    assert estate(tmp_path, content).size == size


@pytest.mark.parametrize(
    "fact",
    [
        written(SOURCE, value=None),
        written(SOURCE, unknown="no such file", detail={"covers": "store:w"}),
        written(TRAIT, name="label", value="\u2028 \x7f \U0001f600 \\ ' {}"),
        written(TRAIT, id="store:w", name="place", value="US-VA"),
        written(TRAIT, value=None, unknown="two answers"),
        written(NODE, since="2020-02-29T23:59:59Z", until="9999-12-31T23:59:59Z"),
        written(GRANT, control="row filter"),
        written(COPY),
        written(OWNS, detail={"interest": "shareholding", "max": "9.5", "min": "5"}),
        written(OWNS, detail={"directness": "unknown", "max": "100.0", "min": "100"}),
        written(OWNS, detail={"directness": "direct", "min": "0." + "1" * 40}),
        written(OWNS, detail={"max": "007", "min": "7.0", "undisclosed": '"x"'}),
        written(EDGE, detail={"max": "x", "min": "y", "directness": "z"}),
        written(HOLDS),
        written(EDGE, name="physical", value="store:w"),
        written(NODE, id='tool:a:b\\"c'),
        written(NODE, at="x" * 10_000_000),
    ],
    ids=[str(number) for number in range(17)],
)
def test_facts_are_taken(fact: str, tmp_path: Path):
    """A canonical fact of the vocabulary is loaded as it stands."""
    loaded = estate(tmp_path, fact + "\n")
    path = tmp_path / "out"
    loaded.write(path)
    assert path.read_bytes() == f"{fact}\n".encode()


def test_a_line_in_two_files_is_named_twice(tmp_path: Path):
    """Every place of a bad line is told, so that every file is known as bad."""
    assert refusal(tmp_path, "nonsense\n", GOOD, GOOD + "nonsense") == [
        "0.jsonl:1: is not JSON: invalid character (byte 4)",
        "2.jsonl:2: is not JSON: invalid character (byte 4)",
    ]


def test_bad_files_are_told_quickly(tmp_path: Path):
    """A file that is bad throughout costs one pass, and twenty problems at most."""
    lines = "".join(f'{{"at":"x{number}"}}\n' for number in range(100_000))
    began = time.monotonic()
    found = refusal(tmp_path, lines)
    assert (len(found), time.monotonic() - began < 30) == (MOST_PROBLEMS, True)


@pytest.mark.parametrize("name", ["a[1]*?.jsonl", "facts.jsonl.gz", "day=1"])
def test_a_name_stands_for_itself(name: str, tmp_path: Path):
    """The name of a file is no pattern, and says nothing of what it holds."""
    folder = tmp_path / "year=2022"
    folder.mkdir()
    (folder / "a1xx.jsonl").write_text(written(NODE, id="person:other"))
    (folder / name).write_text(GOOD)
    loaded = Estate([FactsFile("f", folder / name)])
    assert loaded.view("2022-01-01T00:00:00Z").ids == ["person:bo"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.jsonl", "no such file or directory"),
        ("", "is a directory"),
        ("a\0b", "is no ordinary file"),
    ],
    ids=["absent", "folder", "NUL"],
)
def test_a_file_that_cannot_be_read_is_named(name: str, reason: str, tmp_path: Path):
    """A facts file that isn't there is a problem with a place like any other."""
    with pytest.raises(SourceError) as caught:
        Estate([FactsFile("here", tmp_path / name)])
    assert str(caught.value) == f"here: {reason}\n  help: check the path"
