"""`ringfence docket` from the first reviewer to a dismissed contradiction."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from ringfence.docket.folder import Docket
from tests.cases import write_case
from tests.cli.conftest import Said
from tests.stating import Made, transcript
from tests.taped import taped

FIRST = "purple elephants march"


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch):
    """Return a function that runs a command of a docket with a tape called `d`."""
    made = Made()
    made.add(transcript(made.tape, made.ann, "everything is scene in china"))
    made.kept(tmp_path / "d")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def said(*words: str, typed: str = "") -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        command, *rest = words
        twice = command in {"reviewer", "speaker", "hand"}
        first = [command, rest.pop(0)] if twice else [command]
        return Said(capsys, "docket", *first, "d", *rest)

    return said


def stated(say) -> None:
    found = say(
        *("state", "R1", "--by", "ann", "--from", "0:00", "--to", "0:00:05"),
        *("--transcript", "T1", "--speaker", "P1", "--met", "2021-09"),
        *("--first-hand", "yes"),
    )
    assert (found.code, found.err) == (0, "")


def test_a_statement_goes_all_the_way(say):
    """Stated, heard, confirmed, assessed, dismissed: each step is told by number."""
    stated(say)
    steps = [
        say("hear", "S1", "--by", "V1", "--text", "Everything is seen in China"),
        say(
            "confirm",
            "S1",
            "--by",
            "Bob",
            "--text",
            "-",
            typed="everything is seen in china\n",
        ),
        say(*("assess", "S1", "C1", "--by", "V1", "--stance", "contradicts")),
        say(
            *("dismiss", "S1", "C1", "--by", "V2", "--code", "joke_or_hypothetical"),
            *("--why", "everybody laughs"),
        ),
    ]
    assert [(one.code, one.out, one.err) for one in steps] == [
        (
            0,
            "E1  heard: these words are the quote from now on, the quote is heard\n",
            "",
        ),
        (0, "E2  confirmed: the same words, the quote is confirmed\n", ""),
        (0, "A1  S1, C1: contradicts\n", ""),
        (0, "A2  S1, C1: contradicts, dismissed: joke_or_hypothetical\n", ""),
    ]
    shown = say("show", "S1").out
    for part in (
        'S1  "Everything is seen in China"\n',
        "  where        R1 0:00:00.000 to 0:00:05.000\n",
        "  who          P1 speaker-00aa\n",
        '  machine      "everything is scene in china"\n    "scene" is "seen"\n',
        "V1 Ann: heard it first\n",
        "V2 Bob, blind: confirms it\n",
        "C1 contradicts, in scope as far as known, replaced\n",
        "    everybody laughs\n",
    ):
        assert part in shown
    told = json.loads(say("show", "s1", "--format", "json").out)
    assert (told["rung"], told["difference"]) == ("confirmed", [["scene", "seen"]])
    assert [one["stands"] for one in told["assessments"]] == [False, True]
    assert told["hearings"][1]["outcome"] == "confirms it"


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("typed", ["something else", FIRST, "..."])
def test_who_confirms_is_shown_no_word_of_what_was_heard(say, form: str, typed: str):
    """Neither before nor after, whether it agrees, differs or is refused."""
    say("state", "R1", "--by", "V1", "--samples", "0-16000", "--quote", FIRST)
    found = say("confirm", "S1", "--by", "V2", "--format", form, typed=typed)
    for word in FIRST.split():
        assert word not in found.out + found.err
    assert found.code == (2 if typed == "..." else 0)


def test_a_prompt_says_where_to_listen_and_no_word(say, monkeypatch, capsys):
    """Who types at a terminal is asked what they hear, from when to when."""
    say("state", "R1", "--by", "V1", "--samples", "0-16000", "--quote", FIRST)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("purple elephants\n"))
    found = Said(capsys, "docket", "confirm", "d", "S1", "--by", "V2")
    assert found.err == ("S1, R1 0:00:00.000 to 0:00:01.000: what do you hear?\n")
    assert "the words differ" in found.out
    assert "elephants" not in found.out


def test_a_denial_and_a_correction_stand_beside_what_they_are_about(say):
    """Both name the statement; a corrected one stays to be seen."""
    stated(say)
    say(
        *("deny", "S1", "R2", "--by", "V2", "--passage", "page 3"),
        *("--quote", "Not so."),
    )
    say("correct", "S1", "--by", "V2", "--quote", "nothing is seen in China")
    assert "denied by    S2" in say("show", "S1").out
    assert "replaced by  S3" in say("show", "S1").out
    assert "corrects     S1" in say("show", "S3").out
    listed = json.loads(say("list", "--format", "json").out)
    assert [one["number"] for one in listed["statements"]] == ["S2", "S3"]
    found = say("list", "--corrected", "--limit", "1").out
    assert found.endswith("1 of 3 statements\nmore: --after S1\n")
    assert "S2" in say("list", "--after", "S1").out
    assert say("list", "--rung", "heard", "--since", "2021-09-02").out.count("R1") == 1


def test_lists_of_other_kinds_show_each_object(say):
    """Every kind can be listed; what it refers to is told by number."""
    stated(say)
    for kind, part in (
        ("recording", "R1  sound, 0:01:00.000, H1, first-hand-copy"),
        ("hand", "H1  nobody wrote down who it is"),
        ("reviewer", "V1  Ann"),
        ("sentence", "C1  no-one, Nobody in China sees it."),
        ("answer", "there is no answer"),
    ):
        assert part in say("list", kind).out
    (first, _) = json.loads(say("list", "recording", "--format", "json").out)[
        "recording"
    ]
    assert (first["hand"], first["received"]["by"], "seed" in first) == (
        "H1",
        "V1",
        False,
    )
    assert "1 of 1" in say("list", "statement").out
    assert "referred to by T1, S1" in say("show", "R1").out
    assert "words" in say("list", "transcript").out
    assert "ringfence docket transcript show" in say("show", "T1").out
    assert json.loads(say("show", "V1", "--format", "json").out)["name"] == "Ann"
    shown = json.loads(say("hand", "show", "H1", "--format", "json").out)
    assert shown == {"number": "H1", "sealed": False, "recordings": ["R1", "R2"]}
    assert "2 recordings, one source" in say("hand", "show", "H1").out


@pytest.mark.parametrize("chosen", [("--speaker", "P1"), ("--after", "S1")])
def test_statements_alone_can_be_chosen(say, chosen):
    """What would have no effect on a list of another kind is a mistake, and said."""
    stated(say)
    found = say("list", "recording", *chosen)
    assert (found.code, found.out) == (2, "")
    assert "KIND: statements alone can be chosen" in found.err


def test_searches_and_suggestions_are_told(say):
    """Text and JSON; a search in a broken syntax is a mistake of whoever typed it."""
    stated(say)
    assert say("search", "scene").out == (
        "T1  transcript, words from 0:00:00.000\n"
        "    everything is [scene] in china\n"
        "S1  statement, quote from 0:00:00.000\n"
        "    everything is [scene] in china\n"
    )
    rows = json.loads(
        say("search", "scene", "--kind", "transcript", "--format", "json").out
    )
    assert [(one["number"], one["times"]["to"]) for one in rows["found"]] == [
        ("T1", "0:00:05.000")
    ]
    assert say("search", "zebra").out == "nothing holds these words\n"
    bad = say("search", "a AND (", "--raw")
    assert (bad.code, "Traceback" in bad.err) == (2, False)
    found = say("suggest", "S1").out
    assert found.startswith('S1 may bear on\n  C1  "Nobody in China sees it."\n')
    assert found.endswith("how it bears on a sentence is yours to say\n")
    told = json.loads(say("suggest", "S1", "--format", "json").out)
    assert told["suggestions"] == [
        {"sentence": "C1", "shared": {"sentence": ["china"]}}
    ]


def test_what_may_not_be_done_ends_with_2_and_says_why(say):
    """Each refusal names what is at fault, and nothing is logged."""
    stated(say)
    folder = Path("d")
    size = Docket(folder).signed().size
    cases = {
        ("hear", "S1", "--by", "Cy", "--text", "x"): "who has a conflict",
        ("hear", "S1", "--by", "Dora", "--text", "x"): "no reviewer `Dora`",
        ("hear", "R1", "--by", "V1", "--text", "x"): "`R1` is no statement",
        ("confirm", "S1", "--by", "V1", "--text", "x"): "nobody has heard it yet",
        ("dismiss", "S1", "C1", "--by", "V1", "--code", "retracted", "--why", "x"): (
            "nothing stands that could be dismissed"
        ),
        ("state", "R1", "--by", "V1", "--quote", "x"): "nobody can tell where",
        ("state", "R1", "--by", "V1", "--quote", "x", "--from", "0:00"): (
            "only one end is said"
        ),
        ("state", "R1", "--by", "V1", "--quote", "x", "--from", "0:1x", "--to", "1"): (
            "`0:1x` is no time"
        ),
        ("state", "R1", "--by", "V1", "--from", "0:00", "--samples", "0-1"): (
            "says when twice"
        ),
        ("list", "--since", "May"): "`May` is no date",
        ("list", "--after", "R1"): "`R1` is no statement",
        ("show", "S9"): "there is no such object",
        ("reviewer", "add", "ANN"): "there is a reviewer of that name",
        ("import", "gone.yaml"): "gone.yaml",
    }
    for words, why in cases.items():
        found = say(*words)
        assert (found.code, why in found.err, found.out) == (2, True, ""), words
    assert Docket(folder).signed().size == size


def test_the_claims_of_a_boundary_become_sentences_once(say, tmp_path: Path):
    """Each claim's words, who said them and when; what is held isn't new."""
    write_case(tmp_path / "case")
    first = say("sentences", "case")
    assert (first.code, first.out.startswith("C2  ")) == (0, True)
    assert say("sentences", "case").out == "nothing is new\n"


def test_what_counts_for_nothing_is_told_beside_a_list(say):
    """Whoever logged it: a list says which objects may not be there, and why."""
    from ringfence.docket.objects import Reviewer  # noqa: PLC0415
    from tests.stating import NOW  # noqa: PLC0415

    Docket(Path("d")).append([Reviewer("ANN")] * 12, NOW)
    found = say("list", "reviewer")
    assert "V4 counts for nothing: there is a reviewer of that name\n" in found.err
    assert found.err.endswith("and 2 more count for nothing\n")


def test_who_speaks_is_sealed_and_known_again(tmp_path: Path, capsys, monkeypatch):
    """A pseudonym is drawn; with the key of names the same person is the same speaker."""
    taped(tmp_path)
    monkeypatch.chdir(tmp_path)
    command = ("docket", "speaker", "add", "docket", "--role", "engineer")
    found = []
    for name in ("Jo Öztürk", "jo  öztürk", "Somebody Else"):
        monkeypatch.setattr("sys.stdin", io.StringIO(name))
        sealed = ("--sealed-name-file", "-", "--identity", "keys/identity.key")
        found.append(Said(capsys, *command, *sealed))
    assert [one.err for one in found] == ["", "", ""]
    assert [one.out.split()[0] for one in found] == ["P1", "P1", "P2"]
    assert all("zt" not in one.out + one.err for one in found)
    assert found[0].out.split()[1].startswith("speaker-")
    unknown = Said(capsys, *command)
    assert unknown.out.startswith("P3  speaker-")


def test_a_collection_is_imported_and_told_in_numbers(
    tmp_path: Path, capsys, monkeypatch
):
    """What was brought, by kind; the second time it is held already."""
    taped(tmp_path)
    monkeypatch.chdir(tmp_path)
    Path("note.txt").write_text("So it is.", encoding="utf-8")
    Path("c.yaml").write_text(
        "docket: ringfence-docket-import/1\n"
        "recordings: [{id: n, file: note.txt, grade: third-hand, by: Ada}]\n"
        "statements: [{id: s, recording: n, quote: So it is.}]\n",
        encoding="utf-8",
    )
    first = Said(capsys, "docket", "import", "docket", "c.yaml")
    assert first.out == "brought: 1 hand, 1 recording, 1 statement\n"
    again = Said(capsys, "docket", "import", "docket", "c.yaml", "--format", "json")
    told = json.loads(again.out)
    assert (told["brought"], told["held"]) == ({}, {"recording": 1, "statement": 1})
