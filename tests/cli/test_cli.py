"""The command line: results on stdout, the rest on stderr, and one exit code each."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ringfence.cli import streams
from ringfence.errors import ExitCode
from ringfence.estate.load import FactsFile
from ringfence.estate.store import Estate
from tests.cases import CROSSING, WAREHOUSE, write_case
from tests.cli.running import ringfence

HOSTILE = "\x1b[31mred\x9b2j\u202egnp<script>alert(1)</script>&\"'"
RAW = ("\x1b", "\x9b", "\u202e")


@pytest.mark.parametrize(
    ("case", "code", "last"),
    [
        ("case", ExitCode.ALL_UPHELD, "exit 0: the claim is upheld\n"),
        ("unread", ExitCode.UNPROVEN, "exit 10: "),
        ("crossed", ExitCode.REFUTED, "exit 11: "),
    ],
)
def test_a_verdict_has_its_exit_code(case: str, code: int, last: str, say):
    """Upheld, unproven, refuted: each has a code, and the last line says it."""
    said = say("check", case)
    assert (said.code, last in said.out) == (code, True)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("check", "nothing"), 3, "nothing: nothing was collected"),
        (("check", "broken"), 2, "boundary.yaml:11:48: unknown kind of claim `x`"),
        (("check", "none"), 2, "none: no such file or directory"),
        (("check", "case", "--as-of", "soon"), 2, "--as-of: `soon` is no date"),
        (("check", "case", "--as-of", "2022-01-31T10:00"), 2, "is no date"),
        (("check", "case", "--format", "pdf"), 2, 'Invalid value "pdf" for --format'),
        (("check", "case", "--colour"), 2, "Unknown option"),
        (("check", "case", "--color", "maybe"), 2, 'Invalid value "maybe"'),
        (("check",), 2, "requires an argument"),
        (("chekc",), 2, 'Unknown command "chekc"'),
        (
            ("check", "case", "-o", "case/boundary.yaml"),
            2,
            "boundary.yaml` is no folder",
        ),
        (("check", "case", "-o", "case/people.csv/x"), 1, "not a directory"),
        (("check", "case", "-o", "/proc/nowhere"), 1, "/proc/nowhere: no such file"),
        (("reach", "pairs", "case"), 2, "--claim"),
        (
            ("reach", "pairs", "case", "--claim", "x"),
            2,
            "--claim: there is no claim `x`",
        ),
        (("collect",), 2, "requires an argument"),
        (("collect", "nope"), 2, "nope: there is no kind of source `nope`"),
        (("collect", "people-csv", "x.csv"), 2, "x.csv: no such file or directory"),
        (("collect", "facts", "case/warehouse.jsonl"), 2, "is a facts file already"),
        (
            ("collect", "people-csv", "--collected", "x"),
            2,
            "--collected: `x` is no date",
        ),
        (("collect", "people-csv", "--set", "x"), 2, "--set: `x` is no option"),
        (
            ("collect", "people-csv", "case/people.csv", "-o", "no/x"),
            1,
            "no/x: no such",
        ),
        (("boundary", "show", "broken"), 2, "unknown kind of claim `x`"),
        (("boundary", "nope"), 2, 'Unknown command "nope"'),
        (("check", "case", "\x1b[31m\u202e"), 2, "\\x1b[31m\\u202e"),
    ],
    ids=lambda value: (
        " ".join(value)[:40].encode("ascii", "replace").decode()
        if isinstance(value, tuple)
        else ""
    ),
)
def test_what_cannot_be_done_is_told(
    words: tuple[str, ...], code: int, message: str, say
):
    """No verdict, and so nothing on stdout; the error names place and remedy."""
    said = say(*words)
    assert (said.code, said.out) == (code, "")
    assert message in said.err
    assert "\n  help: " in said.err or said.err.startswith("--claim")
    assert "Traceback" not in said.err
    assert not any(character in said.err for character in RAW)


def test_problems_of_a_boundary_are_counted(say):
    """All problems are told at once, then how many there are."""
    Path("broken/boundary.yaml").write_text("boundary: 5\nclaims: []\nx: 1\n")
    said = say("check", "broken")
    problems = [
        line for line in said.err.splitlines() if line.startswith("boundary.yaml")
    ]
    assert (said.code, len(problems) > 3) == (2, True)
    assert said.err.endswith(f"{len(problems)} problems, nothing was checked\n")


def test_problems_of_a_source_collected_alone_are_counted(say):
    """A source that can't be read ends with its count, like a boundary file."""
    said = say("collect", "people-csv", "case/people.csv", "--set", "colums=1")
    assert (said.code, "has no option `colums`" in said.err) == (2, True)
    assert said.err.endswith("\n1 problem, nothing was collected\n")


def test_a_source_without_options_says_so(say):
    """There is nothing that could have been meant instead."""
    said = say("collect", "tools", "x.yaml", "--set", "x=1")
    assert (said.code, said.out) == (2, "")
    assert "--set: `tools` takes no options\n  help: leave it out\n" in said.err


def test_an_unread_source_is_told_on_stderr(say):
    """The verdict stands on stdout; why a source is missing stands on stderr."""
    said = say("check", "unread")
    assert said.err.startswith(
        "source hr is unread: people.csv:1: has no header line\n"
    )


# --- formats --------------------------------------------------------------------------


def test_json_on_stdout_is_the_report_file(say):
    """`--format json` prints what stands in report.json."""
    said = say("check", "crossed", "--format", "json")
    assert said.out == Path("out/report.json").read_text()
    assert said.code == json.loads(said.out)["exit"] == 11


def test_html_on_stdout_is_the_report_file(say):
    """`--format html` prints what stands in report.html."""
    said = say("check", "case", "--format", "html", "-o", "elsewhere")
    assert said.out == Path("elsewhere/report.html").read_text()
    assert said.out.startswith("<!doctype html>")


def test_text_is_plain_unless_colours_are_asked_for(say, monkeypatch):
    """No terminal, no colours; `--color always` has them, whatever NO_COLOR says."""
    assert "\x1b" not in say("check", "case").out
    assert "\x1b" not in say("check", "case", "--color", "never").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" in say("check", "case", "--color", "always").out


@pytest.mark.parametrize(
    ("wish", "no_color", "expected"),
    [
        ("auto", "", True),
        ("auto", "1", False),
        ("never", "", False),
        ("always", "1", True),
    ],
)
def test_a_terminal_has_colours_unless_told_not_to(
    wish: str,
    no_color: str,
    expected: bool,  # noqa: FBT001 - pytest passes it by name
    monkeypatch,
):
    """`auto` colours a terminal, but not if NO_COLOR is set and not empty."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("NO_COLOR", no_color)
    assert streams.colours(wish) is expected


def test_all_prints_everything(say):
    """`--all` prints more than a screen: sources, assumptions, gaps."""
    short, long = say("check", "case").out, say("check", "case", "--all").out
    assert len(long) > len(short)
    assert "people-csv" in long


# --- hostile names --------------------------------------------------------------------


def hostile_case(folder: Path) -> Path:
    """Write a case in which names of people try to steer whatever shows them."""
    quoted = HOSTILE.replace('"', '""')
    crossing = CROSSING.replace("person:ann", json.dumps("person:" + HOSTILE)[1:-1])
    people = f'id,residence,label\n"{quoted}",CN,"{quoted}"\nbo,US,"{quoted}"\n'
    return write_case(folder, people=people, warehouse=WAREHOUSE + canonical(crossing))


def canonical(text: str) -> str:
    """Return a line as the canonical form spells its text."""
    return (
        json.dumps(
            json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        + "\n"
    )


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_hostile_names_steer_nothing(form: str, say, tmp_path: Path):
    """Escapes, overrides and tags in names never come out raw, wherever shown."""
    hostile_case(tmp_path / "hostile")
    said = say("check", "hostile", "--format", form, "--all")
    assert said.code == 11
    assert not [c for c in RAW if c in said.err]
    if form == "html":
        assert "<script>alert" not in said.out
    if form != "json":
        assert not [c for c in RAW if c in said.out]


def test_hostile_names_steer_no_listing(say, tmp_path: Path):
    """The pairs in reach are shown as safely as the report."""
    hostile_case(tmp_path / "hostile")
    said = say("reach", "pairs", "hostile", "--claim", "nobody")
    assert (said.code, said.err) == (
        11,
        "1 pair in reach; the claim is refuted\n",
    )
    assert "\\x1b[31m" in said.out
    assert not [c for c in RAW if c in said.out]


def test_hostile_paths_steer_nothing(say, tmp_path: Path):
    """Names of folders and files are shown as safely as names of people."""
    write_case(tmp_path / HOSTILE.replace("/", "_"))
    said = say("check", HOSTILE.replace("/", "_"), "-o", "o\x1b[2J\udcff")
    assert said.code == 0
    assert not [c for c in RAW if c in said.out + said.err]


# --- the other commands ---------------------------------------------------------------


def test_reach_lists_pairs(say):
    """Each pair has its path, with the place of every fact; the count ends it."""
    said = say("reach", "pairs", "crossed", "--claim", "nobody")
    assert said.code == 11
    assert said.out.splitlines()[0] == "person:ann -> read column:w/a.b.c"
    assert "db:9" in said.out
    assert say("reach", "pairs", "case", "--claim", "nobody").code == 0
    none = say("reach", "pairs", "crossed", "--claim", "nobody", "--who", "bo")
    counted = "0 pairs in reach; the claim is refuted\n"
    assert (none.code, none.out, none.err) == (11, "", counted)
    stranger = say("reach", "pairs", "crossed", "--claim", "nobody", "--who", "bob")
    assert (stranger.code, stranger.out) == (2, "")
    assert "nothing is called `bob`" in stranger.err


def test_reach_as_json_is_one_line_a_pair(say):
    """Each line is a JSON object with origin, verb, target and hops."""
    said = say("reach", "pairs", "crossed", "--claim", "nobody", "--format", "json")
    (line,) = said.out.splitlines()
    pair = json.loads(line)
    assert (pair["origin"], pair["target"]) == ("person:ann", "column:w/a.b.c")
    assert pair["hops"][0]["at"] == "db:9"


def test_collect_writes_what_a_facts_file_holds(say):
    """On stdout or in a file: the lines load, and nothing else is printed."""
    words = ("collect", "people-csv", "case/people.csv", "--collected", "2022-01-30")
    shown = say(*words)
    written = say(*words, "--output", "hr.jsonl", "--source", "hr")
    assert (shown.code, shown.err, written.out) == (0, "", "")
    assert written.err == "7 facts written to hr.jsonl\n"
    Path("shown.jsonl").write_text(shown.out)
    for name in ("shown.jsonl", "hr.jsonl"):
        assert Estate([FactsFile(name, Path(name))]).size == 7


def test_a_password_is_never_shown(say, monkeypatch):
    """Neither an address that can't be reached nor one that isn't one is repeated."""
    for address in (
        "postgresql://pulse:hunter2@127.0.0.1:1/db",
        "postgrsql://pulse:hunter2@127.0.0.1:1/db",
        "host=127.0.0.1 port=1 password=hunter2 nonsense",
    ):
        monkeypatch.setenv("PGDSN", address)
        said = say("collect", "postgres", "--set", "store=w", "--set", "dsn_env=PGDSN")
        assert said.code in {1, 2}
        assert "hunter2" not in said.out + said.err
        assert "Traceback" not in said.err


def test_sources_are_listed(say):
    """Each kind has a line with what it reads."""
    said = say("sources")
    kinds = [line.split()[0] for line in said.out.splitlines()]
    assert (said.code, said.err, kinds) == (0, "", sorted(kinds))
    assert {"people-csv", "facts", "postgres"} <= set(kinds)


def test_a_source_that_cannot_be_loaded_hides_no_other(say, monkeypatch):
    """A connector whose library is missing harms only those who use it."""
    from ringfence.errors import SourceError  # noqa: PLC0415
    from ringfence.sources import registry  # noqa: PLC0415

    real = registry.source

    def picky(kind: str) -> object:
        if kind == "postgres":
            raise SourceError("kind of source `postgres` can't be loaded")
        return real(kind)

    monkeypatch.setattr(registry, "source", picky)
    said = say("sources")
    assert (said.code, "tools " in said.out, "postgres" in said.out) == (0, True, False)
    assert "postgres" in said.err


def test_a_boundary_is_shown_as_its_digest_covers_it(say):
    """`boundary show` prints the resolved boundary as canonical JSON."""
    said = say("boundary", "show", "case")
    assert (said.code, json.loads(said.out)["name"]) == (0, "fence")


def test_countries_are_listed(say):
    """Each group of countries has a line with its regime and its codes."""
    said = say("boundary", "countries")
    assert (said.code, "countries-of-concern" in said.out) == (0, True)


def test_the_schema_is_json(say):
    """`boundary schema` prints the JSON Schema of boundary files."""
    said = say("boundary", "schema")
    assert (said.code, "$schema" in json.loads(said.out)) == (0, True)


@pytest.mark.parametrize(
    "words", [("--help",), ("check", "--help"), (), ("--version",)]
)
def test_help_is_a_result(words: tuple[str, ...], say):
    """Help and version go to stdout and end well."""
    said = say(*words)
    assert (said.code, bool(said.out), said.err) == (0, True, "")


def test_exit_codes_are_told_where_they_are_many(say):
    """The program and `check` list the codes; commands without a verdict don't."""
    for words, expected in (
        ((), True),
        (("check",), True),
        (("collect",), False),
        (("sources",), False),
        (("boundary",), False),
        (("boundary", "show"), False),
    ):
        assert ("Exit codes:" in say(*words, "--help").out) is expected


def test_files_to_collect_have_one_name(say):
    """The usage line calls them what the table calls them."""
    shown = say("collect", "--help").out
    assert ("[FILES...]" in shown, "ARGS" in shown) == (True, False)


def test_the_installed_program_is_this_one(tmp_path: Path):
    """`ringfence` is the same function as a program of its own."""
    run = ringfence("--version", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert sys.version_info >= (3, 11)
