"""`check --docket`, `docket lead`, `docket page`, `docket interviews`."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import pytest

from ringfence.docket.folder import Docket
from ringfence.docket.founding import drawn, found
from ringfence.docket.intake import Intake, Terms
from ringfence.docket.objects import (
    RATE,
    Answer,
    Assessment,
    Handling,
    Hearing,
    Lead,
    Reviewer,
    Sentence,
    Span,
    Speaker,
    Statement,
)
from ringfence.docket.words import Grade, Stance
from tests.contesting import NOW, SAYS
from tests.taped import noise, wav

One = TypeVar("One")
WHO = ("reach", "who", "protected")
ASKED = ("--by", "V1", "--asks", "who reaches it?", "--")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a docket: one confirmed statement against the claim."""
    folder = tmp_path_factory.mktemp("made")
    docket = found(folder / "tapes", "tapes", drawn(folder / "keys"), NOW)
    (folder / "a.wav").write_bytes(wav(noise(3 * RATE)))
    first, second, speaker, sentence = (
        docket.append([one], NOW)[0].ref
        for one in (
            Reviewer("Ada"),
            Reviewer("Bea"),
            Speaker("speaker-4f2a", role_coarse="engineer"),
            Sentence("nobody", SAYS, by="the company", on="2019-10-01"),
        )
    )
    with Intake.of(docket) as intake:
        terms = Terms(first, Grade.FIRST)
        recording = intake.add(folder / "a.wav", terms, NOW).held.ref
    said = Statement(recording, "they sea", Span(RATE, 2 * RATE), speaker=speaker)
    statement = docket.append([said], NOW)[0].ref
    docket.append(
        [
            Hearing(statement, first, "They see all."),
            Hearing(statement, second, "they see all", blind=True),
            Assessment(statement, sentence, Stance.CONTRADICTS, first),
        ],
        NOW,
    )
    return folder


@pytest.fixture
def docketed(say, made):
    """Return what runs commands in a folder with a copy of that docket."""
    for name in ("tapes", "keys"):
        shutil.copytree(made / name, name)
    return say


def objects(kind: type[One]) -> list[One]:
    """Return the objects of a kind, in order."""
    return [
        held.object
        for held in Docket(Path("tapes")).held()
        if isinstance(held.object, kind)
    ]


def test_a_check_beside_a_docket_is_contested(docketed):
    """The claim is unproven, the exit code 10, and all three reports say why."""
    said = docketed("check", "case", "--docket", "tapes", "--all")
    assert said.code == 10
    told = "contested: S1 (confirmed, speaker-4f2a, R1 0:00:01) says otherwise"
    assert told in said.out
    assert "“They see all.”" in said.out
    (claim,) = json.loads(Path("out/report.json").read_text())["claims"]
    assert (claim["verdict"], claim["contested"]) == ("unproven", True)
    assert claim["reasons"][0]["text"] == told
    assert told in Path("out/report.html").read_text("utf-8")
    assert not [*Path("out").glob("claim-*.json")]
    crossed = docketed("check", "crossed", "--docket", "tapes", "-o", "other")
    assert crossed.code == 11


def test_a_check_of_no_docket_judges_nothing(docketed):
    """A folder that is no docket is a mistake of the command line."""
    said = docketed("check", "case", "--docket", "case")
    assert said.code == 2
    assert "there is no docket" in said.err
    assert not Path("out").exists()


def test_a_docket_that_does_not_verify_leaves_the_claim_unproven(docketed):
    """The run goes on, says that the docket is unread, and upholds nothing."""
    files = [*Path("tapes/ledger/private/payloads").rglob("*")]
    for file in filter(Path.is_file, files):
        file.write_bytes(file.read_bytes().replace(b"Ada", b"Eda"))
    said = docketed("check", "case", "--docket", "tapes")
    assert said.code == 10
    assert "the docket is unread: " in said.err
    assert "the docket could not be read: " in said.out
    refused = docketed("docket", "page", "tapes", "nobody")
    assert refused.code == 12


def test_a_lead_is_noted_and_followed(docketed):
    """From a statement to a question, to the answer of the systems, on the page."""
    noted = docketed("docket", "lead", "tapes", "S1", *ASKED, *WHO)
    assert (noted.code, noted.out) == (0, "L1: who reaches it?\n")
    assert objects(Lead)[0].command == WHO
    said = docketed("docket", "lead", "run", "tapes", "L1", "case", "-o", "found")
    assert said.code == 0
    assert said.out.startswith("W1, to who reaches it?\n  1 of 2 people reach")
    (answer,) = objects(Answer)
    whole = Path("found/lead-L1.json").read_bytes()
    assert answer.content == sha256(whole).hexdigest()
    facts = Path("found/facts.jsonl").read_bytes()
    assert answer.estate == sha256(facts).hexdigest()
    crossed = docketed("docket", "lead", "run", "tapes", "L1", "crossed")
    assert (crossed.code, objects(Answer)[1].code) == (11, 11)
    docketed("check", "case", "--docket", "tapes")
    page = docketed("docket", "page", "tapes", "nobody").out
    assert "L1 asks     who reaches it? (from S1)" in page
    assert "W2, " in page


@pytest.mark.parametrize(
    "command",
    [
        ("docket", "destroy", "R1"),
        ("check", "nobody", "--ledger", "tapes/ledger"),
        ("reach", "who", "protected", "--output", "case"),
    ],
)
def test_a_lead_that_would_change_something_is_refused(docketed, command):
    """Nothing is noted, and nothing run, that isn't on the closed list."""
    said = docketed("docket", "lead", "tapes", "S1", *ASKED, *command)
    assert said.code == 2
    assert "help: " in said.err
    assert objects(Lead) == []


def test_a_lead_without_a_question_says_where_it_is_written(docketed):
    """Whoever forgets the question is told how it is written."""
    said = docketed("docket", "lead", "tapes", "S1", *ASKED)
    assert said.code == 2
    assert "a lead asks something" in said.err
    assert objects(Lead) == []


def test_a_lead_that_somebody_else_logged_is_read_by_the_list_again(docketed):
    """Whatever a docket holds, following it up runs nothing but questions."""
    docket = Docket(Path("tapes"))
    held = {one.kind: one.ref for one in docket.held()}
    bad = Lead(held["statement"], "who?", ("docket", "destroy", "R1"), held["reviewer"])
    docket.append([bad], NOW)
    said = docketed("docket", "lead", "run", "tapes", "L1", "case")
    assert said.code == 2
    assert "a lead can't ask `docket`" in said.err
    assert objects(Answer) == []


def test_a_lead_that_can_not_be_answered_leaves_no_answer(docketed):
    """A case that can't be read is an error, never an answer."""
    docketed("docket", "lead", "tapes", "S1", *ASKED, *WHO)
    said = docketed("docket", "lead", "run", "tapes", "L1", "broken")
    assert said.code == 2
    assert objects(Answer) == []
    assert docketed("docket", "lead", "run", "tapes", "L9", "case").code == 2


def test_a_page_joins_sentence_verdict_and_statements(docketed):
    """The page says who said what, what systems show, and what was heard."""
    docketed("check", "case", "--docket", "tapes")
    said = docketed("docket", "page", "tapes", "nobody", "--check", "out")
    assert said.code == 0
    for told in (
        "claim       nobody: “nobody there can”",
        "C1 said     the company, 2019-10-01: “nobody there can”",
        "nobody is unproven, contested, as of 2022-01-31",
        "R1 0:00:01, speaker-4f2a (engineer)",
        "No voice is authenticated",
    ):
        assert told in said.out
    coloured = docketed("docket", "page", "tapes", "nobody", "--color", "always")
    assert "\x1b[33m" in coloured.out
    written = docketed("docket", "page", "tapes", "nobody", "-o", "page.txt")
    assert (written.out, Path("page.txt").read_text("utf-8")) == ("", said.out)


def test_a_page_of_a_check_without_the_docket_weighs_it_all_the_same(docketed):
    """What a check alone upheld isn't upheld beside a statement."""
    assert docketed("check", "case").code == 0
    said = docketed("docket", "page", "tapes", "nobody")
    assert "nobody is unproven, contested" in said.out
    assert "the check was made without this docket" in said.out


def test_a_page_needs_a_check(docketed):
    """Without a report there is no page, and a claim has to be one of its."""
    said = docketed("docket", "page", "tapes", "nobody")
    assert (said.code, "there is no report of a check" in said.err) == (2, True)
    docketed("check", "case")
    assert docketed("docket", "page", "tapes", "nobdy").code == 2


def test_a_page_plays_what_was_said_and_custody_says_so(docketed):
    """The clip is in the HTML file; that it left is in the ledger."""
    docketed("check", "case", "--docket", "tapes")
    page = ("docket", "page", "tapes", "nobody", "--format", "html")
    plain = docketed(*page)
    assert "<audio" not in plain.out
    said = docketed(
        *page,
        *("--clips", "--by", "V1", "--identity", "keys/docket.key", "-o", "page.html"),
    )
    assert said.code == 0
    assert "data:audio/wav;base64," in Path("page.html").read_text("utf-8")
    steps = [str(one.step) for one in objects(Handling)]
    assert steps[-2:] == ["decrypted", "exported"]


def test_clips_take_a_reviewer_and_an_html_file(docketed):
    """Sound leaves in an HTML file, taken out by somebody with the key."""
    docketed("check", "case")
    page = ("docket", "page", "tapes", "nobody")
    assert docketed(*page, "--clips", "--by", "V1").code == 2
    assert docketed(*page, "--clips", "--format", "html").code == 2
    assert docketed(*page, "--clips", "--by", "V1", "--format", "html").code == 2
    assert [one for one in objects(Handling) if one.step == "exported"] == []


def test_an_interview_file_is_written_as_its_name_says(docketed):
    """Markdown and JSON hold the same; another name has to say what it holds."""
    assert docketed("docket", "interviews", "tapes", "--out", "i.md").code == 0
    assert "## Personnel interviewed" in Path("i.md").read_text("utf-8")
    assert docketed("docket", "interviews", "tapes", "-o", "i.json").code == 0
    told = json.loads(Path("i.json").read_text())
    assert told["interviewed"][0]["name"] == "speaker-4f2a"
    assert docketed("docket", "interviews", "tapes", "-o", "i.txt").code == 2
    named = ("-o", "i.txt", "--format", "json")
    assert docketed("docket", "interviews", "tapes", *named).code == 0
    assert json.loads(Path("i.txt").read_text()) | {"made": ""} == told | {"made": ""}
