"""Whatever is wrong with an input is told with place and remedy, and upholds nothing.

Each row spoils one file of a case that upholds its claim. The run never ends in a call
stack, and no universal claim is upheld that rests on what was not read.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ringfence import cli
from tests.cases import BOUNDARY, PEOPLE, WAREHOUSE, write_case

UNPROVEN, USAGE, NOTHING = 10, 2, 3
SOURCES = BOUNDARY.partition("claims:\n")[0]
CLAIMS = BOUNDARY[len(SOURCES) :]


@dataclass(frozen=True)
class Spoilt:
    """A case with something wrong in it.

    Attributes:
        says: What stderr says, in full lines or parts.
        code: The exit code.
        files: Files that replace those of the case, or stand beside them.
        order: A further source, as the boundary orders it.
    """

    says: str
    code: int = UNPROVEN
    files: dict[str, str | bytes] = field(default_factory=dict)
    order: str = ""


def zipped() -> bytes:
    """Return the bytes of a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("people.csv", PEOPLE)
    return stream.getvalue()


def boundary(old: str, new: str, says: str) -> Spoilt:
    """Return a case whose boundary has one piece changed."""
    assert BOUNDARY.count(old) == 1, old
    return Spoilt(says, USAGE, {"boundary.yaml": BOUNDARY.replace(old, new)})


def people(content: str | bytes, says: str) -> Spoilt:
    """Return a case whose table of people is another."""
    return Spoilt(f"source hr is unread: {says}", files={"people.csv": content})


def facts(content: str | bytes, says: str) -> Spoilt:
    """Return a case whose facts file is another."""
    named = f"source warehouse is unread: {says}"
    return Spoilt(named, files={"warehouse.jsonl": content})


def more(kind: str, content: object, says: str, options: str = "") -> Spoilt:
    """Return a case with one source more, whose file holds text or JSON."""
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    order = (
        f"  extra: {{kind: {kind}, files: [extra], collected: 2022-01-30{options}}}\n"
    )
    return Spoilt(f"source extra is unread: {says}", UNPROVEN, {"extra": text}, order)


ID = "boundary: fence"
SHARE = {
    "recordType": "relationship",
    "recordId": "r",
    "recordStatus": "new",
    "recordDetails": {"subject": "a", "interestedParty": "b", "interests": [{}]},
}
STORE = ", store: w"

FIELDS = ", fields: {time: t, actor: who}"
LOG = f"logs:\n  w: {{kind: declared, files: [w.jsonl], store: w{FIELDS}}}\n"

CASES: dict[str, Spoilt] = {
    # --- the boundary file
    "boundary empty": Spoilt("boundary.yaml: is empty", USAGE, {"boundary.yaml": ""}),
    "boundary a list": Spoilt("boundary.yaml:1:1: ", USAGE, {"boundary.yaml": "[1]"}),
    "boundary truncated": Spoilt(
        "boundary.yaml:5:1: is not YAML", USAGE, {"boundary.yaml": BOUNDARY[:100]}
    ),
    "boundary zipped": Spoilt("is a zip archive", USAGE, {"boundary.yaml": zipped()}),
    "boundary UTF-16": Spoilt(
        ":1: byte 0 is not UTF-8", USAGE, {"boundary.yaml": BOUNDARY.encode("utf-16")}
    ),
    "boundary control": boundary(
        ID, "boundary: \x1b[31m", "boundary.yaml:1: holds the control character 0x1b"
    ),
    "boundary twice": boundary(
        ID, f"{ID}\n{ID}", "boundary.yaml:2:1: duplicate key `boundary`"
    ),
    "boundary number": boundary(ID, "boundary: 5", "boundary.yaml:1:11: "),
    "boundary anchor": boundary(
        ID, "boundary: &x fence", "boundary.yaml:1:11: anchors are not read"
    ),
    "boundary tag": boundary(
        ID, "boundary: !!str fence", "boundary.yaml:1:11: tags are not read"
    ),
    "boundary YAML 1.1": boundary(
        ID, f"%YAML 1.1\n---\n{ID}", "boundary.yaml:1:1: directives are not read"
    ),
    "boundary deep": boundary(
        ID, f"x: {'[' * 99}\n{ID}", "boundary.yaml:1:67: is nested deeper than 64"
    ),
    "boundary no date": boundary(
        "as_of: 2022-01-31",
        "as_of: soon",
        "boundary.yaml:3:8: `as_of` `soon` is no date",
    ),
    "boundary unknown key": boundary(
        "as_of:", "asof: 1\nas_of:", "boundary.yaml:3:1: "
    ),
    "boundary country": boundary("[CN]", "[ZZ]", "unknown country `ZZ`"),
    "boundary country's name": boundary("[CN]", "[China]", "ISO 3166 says `CN`"),
    "boundary false country": boundary("[CN]", "[false]", "must be text"),
    "boundary no such selector": boundary(
        "excluded: in-cn}", "excluded: in-us}", "`in-us`"
    ),
    "boundary no such kind": boundary(
        "kind: people-csv", "kind: people-xls", "unknown kind of source `people-xls`"
    ),
    "boundary no claims": boundary(CLAIMS, "claims: []\n", "boundary.yaml:10:9: "),
    "boundary huge number": boundary(
        ID, f"max_age: 1e999 days\n{ID}", "boundary.yaml:1:10: "
    ),
    "boundary hostile": boundary(
        ID, '"\\e[31m\\u202E": 1\n' + ID, "`\\x1b[31m\\u202e`"
    ),
    # --- people
    "people empty": people("", "people.csv:1: has no header line"),
    "people absent": Spoilt(
        "source hr is unread: none.csv: no such file or directory",
        files={"boundary.yaml": BOUNDARY.replace("people.csv", "none.csv")},
    ),
    "people a folder": Spoilt(
        "source hr is unread: .: is a directory",
        files={"boundary.yaml": BOUNDARY.replace("people.csv", ".")},
    ),
    "people a NUL in the name": Spoilt(
        "source hr is unread: a\\x00b: is no file name",
        files={"boundary.yaml": BOUNDARY.replace("people.csv", '"a\\0b"')},
    ),
    "people truncated": people(PEOPLE + '"cy,US', "people.csv:4: is not CSV"),
    "people latin": people(
        PEOPLE.encode() + b"cy\xe9,US,x\n", "people.csv:4: byte 41 is not UTF-8"
    ),
    "people zipped": people(zipped(), "people.csv: is a zip archive"),
    "people a NUL": people(PEOPLE + "\0,US,x\n", "people.csv:4: holds a NUL"),
    "people no id": people(PEOPLE + ",US,x\n", "people.csv:4: has no id"),
    "people no column": people("name\nann\n", "people.csv:1: no column is `id`"),
    "people a column twice": people("id,id\n", "people.csv:1: names column `id` twice"),
    "people a short row": people(PEOPLE + "cy\n", "people.csv:4: has 1 cells"),
    "people country": people(
        PEOPLE + "cy,ZZ,x\n", "people.csv:4: residence `ZZ` is no country code"
    ),
    "people false": people(
        PEOPLE + "cy,false,x\n", "people.csv:4: residence `false` is no country code"
    ),
    "people hostile": people(
        PEOPLE + '"cy","\x1b[2J\u202e<b>",x\n',
        "people.csv:4: residence `\\x1b[2J\\u202e<b>`",
    ),
    "people huge": people(
        PEOPLE + "c" * 200_000 + ",US,x\n", "people.csv:4: is not CSV"
    ),
    # --- facts
    "facts truncated": facts(WAREHOUSE[:-30], "warehouse.jsonl:5: is not JSON"),
    "facts CRLF": facts(
        WAREHOUSE.replace("\n", "\r\n"), "warehouse.jsonl:1: holds a carriage return"
    ),
    "facts marked": facts(
        b"\xef\xbb\xbf" + WAREHOUSE.encode(), "warehouse.jsonl:1: begins with a byte-"
    ),
    "facts latin": facts(
        WAREHOUSE.encode() + b"\xe9\n", "warehouse.jsonl:6: byte 0 of the line is not"
    ),
    "facts key twice": facts(
        WAREHOUSE.replace('"at":"db"', '"at":"db","at":"db"', 1),
        "warehouse.jsonl:1: is not canonical JSON",
    ),
    "facts a blank": facts(
        WAREHOUSE.replace(",", ", ", 1), "warehouse.jsonl:1: is not canonical JSON"
    ),
    "facts nationality": facts(
        WAREHOUSE + '{"at":"x","fact":"attribute","id":"person:bo",'
        '"name":"nationality","source":"db","value":"US"}\n',
        "warehouse.jsonl:6: has no attribute `nationality` of a person",
    ),
    "facts instant": facts(
        WAREHOUSE.replace("2022-01-30", "2022-19-39"),
        "warehouse.jsonl:1: has no UTC instant of collection",
    ),
    "facts country": facts(
        WAREHOUSE + '{"at":"x","fact":"attribute","id":"person:cy",'
        '"name":"residence","source":"db","value":"China"}\n',
        "warehouse.jsonl:6: `China` is no country",
    ),
    "facts zipped": facts(zipped(), "warehouse.jsonl:"),
    "facts hostile": facts(
        WAREHOUSE + '{"at":"x","fact":"node","id":"\u202e<b>\x7f:x","source":"db"}\n',
        "warehouse.jsonl:6: has no kind of node `\\u202e<b>\\x7f`",
    ),
    # --- SCIM
    "scim truncated": more("scim", '{"Resources": [', "extra:1:16: is not JSON"),
    "scim a number": more("scim", "5", "extra#"),
    "scim key twice": more("scim", '{"a":1,"a":2}', "extra: duplicate key `a`"),
    "scim wrong type": more("scim", {"Resources": {"a": 1}}, "extra#/Resources"),
    "scim half a pair": more("scim", '["\\ud800"]', "extra#/0: holds half a surrogate"),
    "scim half a key": more("scim", '[{"\\ud800": 1}]', "extra#/0: holds half a surr"),
    "scim deep": more("scim", "[" * 9999, "extra: is not readable JSON: nested too"),
    "scim long number": more(
        "scim", "9" * 9999, "extra: is not readable JSON: a number"
    ),
    # --- ownership
    "bods an object": more("bods", {}, "extra#"),
    "bods no interest": more("bods", [SHARE | {"recordDetails": 5}], "extra#/0"),
    "bods infinite": more("bods", "[1e999]", "extra#/0: holds a number that is too"),
    "bods not a number": more("bods", "[NaN]", "extra: `NaN` is not JSON"),
    "holdings percent": more(
        "ownership-csv", "owner,entity,percent\na,b,lots\n", "extra:2: "
    ),
    "holdings too much": more(
        "ownership-csv", "owner,entity,percent\na,b,1e99\n", "extra:2: "
    ),
    # --- tools, storage, contracts
    "tools an unknown key": more("tools", "tolls: []", "extra:1:1: "),
    "tools no YAML": more("tools", "tools: [", "extra:2:1: is not YAML"),
    "tools infinite": more("tools", "tools: .inf", "extra:1:8: `.inf` is no number"),
    "tools Norway": more(
        "tools",
        "tools: [{name: t, runs_as: [no], place: yes}]",
        "extra:1:41: place `yes` is no country",
    ),
    "storage country": more(
        "storage",
        "stores: [{name: v, place: UK}]",
        "extra:1:27: place `UK` is no country",
    ),
    "storage copy": more(
        "storage", "stores: [{name: v, copy: bakcup}]", "extra:1:26: unknown copy"
    ),
    "storage itself": more(
        "storage",
        "stores: [{name: v, copy: backup, copy_of: store:v}]",
        "extra:1:43: is a copy of itself",
    ),
    "contract a word": more("odcs", "schema", "extra:1:1: ", STORE),
    "contract two": more("odcs", "a: 1\n---\nb: 2", "extra:2:1: is not YAML", STORE),
    "dbt empty": more("dbt", "", "extra:1:1: is not JSON", STORE),
    # --- logs, which the boundary orders
    "logs no such kind": boundary(
        CLAIMS,
        CLAIMS + LOG.replace("declared", "declare"),
        "boundary.yaml:13:13: unknown kind of log `declare`",
    ),
    "logs an unknown field": boundary(
        CLAIMS, CLAIMS + LOG.replace("store:", "stor:"), "`stor`"
    ),
    "logs no fields": boundary(
        CLAIMS, CLAIMS + LOG.replace(FIELDS, ""), "needs `fields`"
    ),
    "logs a verb": boundary(
        CLAIMS,
        CLAIMS + LOG.replace(FIELDS, FIELDS + ", verbs: {x: look}"),
        "verb `look`",
    ),
    "logs a cadence": boundary(
        CLAIMS, CLAIMS + LOG.replace(FIELDS, FIELDS + ", cadence: 3"), "length of time"
    ),
    "logs empty": boundary(CLAIMS, CLAIMS + "logs: {}\n", "`logs` is empty"),
    "networks no address": boundary(
        CLAIMS, CLAIMS + "networks: {a: {addresses: x}}\n", "`x` is no network"
    ),
    # --- nothing at all
    "nothing": Spoilt(
        "nothing was collected", NOTHING, {"people.csv": "", "warehouse.jsonl": ""}
    ),
}


def spoil(folder: Path, spoilt: Spoilt) -> Path:
    """Write the case, spoilt, into a folder."""
    write_case(folder, boundary=SOURCES + spoilt.order + CLAIMS)
    for name, content in spoilt.files.items():
        raw = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(raw)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_told_and_upholds_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """It has its exit code, names place and remedy, and no universal claim stands."""
    spoilt = CASES[name]
    case = spoil(tmp_path / "case", spoilt)
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", str(case), "-o", str(tmp_path / "out"), "--format", "json"])
    out, err = capsys.readouterr()
    assert (ended.value.code, "Traceback" in err) == (spoilt.code, False)
    assert spoilt.says in err
    assert "itself failed" not in err
    assert "ringfence failed" not in err
    assert err.isprintable() or all(line.isprintable() for line in err.splitlines())
    if spoilt.code == UNPROVEN:
        (claim,) = json.loads(out)["claims"]
        assert claim["verdict"] == "unproven"
        assert not list((tmp_path / "out").glob("claim-*.json"))
    else:
        assert out == ""


def test_there_is_enough_bad_input():
    """The table stays a table: sixty ways and more to spoil a case."""
    assert len(CASES) > 60


CYCLES = {
    "groups": (
        "tools",
        "groups: [{name: a, members: group:b}, {name: b, members: group:a}]\n",
    ),
    "ownership": (
        "ownership-csv",
        "owner,entity,percent\nlegal,other,60\nother,legal,60\n",
    ),
    "containment": (
        "facts",
        (
            '{"at":"x","fact":"edge","id":"dataset:w/a.b","name":"contains","source":"db",'
            '"value":"dataset:w/a.d"}\n'
            '{"at":"x","fact":"edge","id":"dataset:w/a.d","name":"contains","source":"db",'
            '"value":"dataset:w/a.b"}\n'
        ),
    ),
    "copies": (
        "facts",
        (
            '{"at":"x","fact":"edge","id":"store:w","name":"backed_up_to","source":"db",'
            '"value":"store:w"}\n'
        ),
    ),
    "itself": (
        "facts",
        (
            '{"at":"x","fact":"edge","id":"group:a","name":"member_of","source":"db",'
            '"value":"group:a"}\n'
        ),
    ),
}


DATED = (
    '{"at":"x","fact":"source","id":"db","name":"test","source":"db",'
    '"value":"2022-01-30T00:00:00Z"}\n'
)


@pytest.mark.parametrize("name", CYCLES)
def test_a_circle_ends(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Groups, owners, containers and copies that go in circles are judged too."""
    kind, content = CYCLES[name]
    content = DATED + content if kind == "facts" else content
    case = spoil(tmp_path / "case", more(kind, content, ""))
    with pytest.raises(SystemExit) as ended:
        cli.main(["check", str(case), "-o", str(tmp_path / "out")])
    out, err = capsys.readouterr()
    assert (ended.value.code, err) == (0, "")
    assert "the claim is upheld" in out
