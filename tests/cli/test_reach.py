"""`reach who`, `what`, `path`, `plan` and `what-if`: answers, codes, JSON, safety."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cases import BOUNDARY, CROSSING, SHARED, WAREHOUSE, write_case
from tests.house.tree import PROJECT

HOSTILE = "\x1b[31mred\u202egnp"
RAW = ("\x1b", "\u202e")
COLUMN = "column:w/a.b.c"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("who", "protected", "--case", "crossed"), 11),
        (("who", "protected", "--case", "case"), 0),
        (("what", "ann", "--case", "crossed"), 11),
        (("what", "Bo", "--case", "crossed"), 0),
        (("path", "ann", "protected", "--case", "crossed"), 11),
        (("path", "ann", "protected", "--case", "case"), 0),
        (
            (
                "who",
                "protected",
                "--case",
                "crossed",
                "--during",
                "2021-01-01..2022-01-01",
            ),
            11,
        ),
        (("plan", "crossed"), 11),
        (("plan", "case"), 0),
    ],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_an_answer_has_its_exit_code(words: tuple[str, ...], code: int, form: str, say):
    """11 for a crossing among what was asked, else 0; JSON says the same code."""
    said = say("reach", *words, "--format", form)
    assert said.code == code
    if form == "json":
        told = json.loads(said.out)
        assert told["exit"] == code
        assert told["ringfence"].endswith("/1")
    else:
        assert f"\nexit {code}: " in said.out


def test_a_possible_crossing_is_no_certain_one(say):
    """An undecided grant leaves the answer open: 10."""
    doubt = CROSSING.replace('"value":"store:w"', '"unknown":"?","value":"store:w"')
    write_case(Path("doubtful"), warehouse=WAREHOUSE + doubt)
    said = say("reach", "who", "protected", "--case", "doubtful")
    assert (said.code, "possible" in said.out) == (10, True)
    assert say("reach", "path", "ann", COLUMN, "--case", "doubtful").code == 10


def test_who_says_how_it_was_computed(say):
    """Counts first; then edges, filters, date, digests, and how to verify them."""
    said = say("reach", "who", "protected", "--case", "crossed", "--output", "kept")
    first, *_, verify, _ = said.out.splitlines()
    assert first == (
        "2 of 2 people reach protected: 2 certainly, 0 perhaps; "
        "1 is excluded (in-cn), 0 may be"
    )
    assert verify == "to verify   sha256sum kept/facts.jsonl kept/boundary.json"
    assert "computed    from 4 technical edges (0 undecided)" in said.out
    assert {path.name for path in Path("kept").iterdir()} == {
        "facts.jsonl",
        "boundary.json",
    }


def test_a_path_prints_its_facts_as_they_stand_in_the_file(say):
    """Each line can be found in facts.jsonl, as it is."""
    said = say("reach", "path", "ann", COLUMN, "--case", "crossed", "-o", "kept")
    lines = [line.strip() for line in said.out.splitlines() if line.startswith("  {")]
    kept = Path("kept/facts.jsonl").read_text().splitlines()
    assert (len(lines), set(lines) <= set(kept)) == (4, True)


def test_a_check_is_asked_afterwards(say):
    """The output folder of a check answers without its sources."""
    say("check", "crossed")
    for path in Path("crossed").iterdir():
        path.unlink()
    said = say("reach", "who", COLUMN)
    assert (said.code, "sha256sum out/facts.jsonl" in said.out) == (11, True)


def test_an_unread_source_is_named(say):
    """What it knows is missing, and the answer says so."""
    said = say("reach", "who", "protected", "--case", "unread")
    assert "not read    hr: what it knows is missing" in said.out


def test_what_does_not_fit_is_counted(say):
    """Whatever a table leaves out, it says how much."""
    said = say("reach", "who", "protected", "--case", "crossed", "--limit", "1")
    assert "  1 more: --limit 2, or --format json\n" in said.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("who", "nope", "--case", "case"), "RESOURCE: nothing is called `nope`"),
        (("what", "person:an", "--case", "case"), "did you mean `person:ann`?"),
        (("path", "x", COLUMN, "--case", "case"), "A: nothing is called `x`"),
        (
            ("who", "bo", "--case", "case", "--verb", "x"),
            "--verb: there is no verb `x`",
        ),
        (("who", "bo", "--case", "case", "--kinds", "x"), "--kinds: there is no kind"),
        (("who", "bo", "--case", "case", "--as-of", "x"), "--as-of: `x` is no date"),
        (("who", "bo", "--case", "case", "--limit", "0"), "--limit"),
        (("who", "bo", "--case", "none"), "none: no such file"),
        (("who", "bo"), "--case: there is no case here"),
        (("plan", "case", "--claim", "x"), "--claim: there is no claim `x`"),
        (("plan", "crossed", "--show", "Q"), "--show: there is no plan `Q`"),
        (("what-if", "A"), "there is no plan `out/plan-A.yaml`"),
        (("what-if", "case/people.csv"), "case/people.csv"),
    ],
)
def test_what_cannot_be_asked_is_told(words: tuple[str, ...], message: str, say):
    """No answer, one clear error, code 2."""
    said = say("reach", *words)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert "Traceback" not in said.err


def test_hostile_names_steer_no_answer(say):
    """Names are shown as safely as everywhere else, in text and in JSON."""
    people = f'id,residence,label\nann,CN,"{HOSTILE}"\nbo,US,Bo\n'
    write_case(Path("hostile"), people=people, warehouse=WAREHOUSE + CROSSING)
    for form in ("text", "json"):
        for words in (("who", "protected"), ("what", "ann"), ("path", "ann", COLUMN)):
            said = say("reach", *words, "--case", "hostile", "--format", form)
            assert said.code == 11
            assert not [c for c in RAW if c in said.out + said.err]


def test_a_plan_is_written_shown_and_proved(say):
    """From the table to the file, and from the file to a verdict with a certificate."""
    table = say("reach", "plan", "crossed")
    assert "plan-A.yaml" in table.out
    assert "<- zero collateral" in table.out
    shown = say("reach", "plan", "crossed", "--show", "a")
    assert shown.out.startswith(Path("out/plan-A.yaml").read_text())
    said = say("reach", "what-if", "A")
    assert (said.code, "nobody is refuted, would be upheld" in said.out) == (0, True)
    assert Path("out/after-A/claim-1-nobody.json").exists()
    told = json.loads(
        say("reach", "what-if", "out/plan-A.yaml", "--format", "json").out
    )
    assert (told["after"], told["removed"], told["exit"]) == ("upheld", 1, 0)


LOGS = """\
logs:
  w:
    kind: declared
    files: [w.jsonl]
    store: w
    from: 2022-01-01
    until: 2022-01-31
    cadence: 60 days
    collected: 2022-02-01
    fields: {time: t, actor: who, resource: data, columns: columns}
"""
DID = '{"t": "2022-01-10T09:00:00Z", "who": "person:bo", "data": "a.b", "columns": "c"}'


def test_a_plan_says_how_many_used_what_they_lose(say):
    """Bo read it and Cy didn't; `--ignore-logs` looks at no log, and says of neither."""
    people = "id,residence\nann,CN\nbo,US\ncy,US\n"
    shared = SHARED + SHARED.splitlines(keepends=True)[-2].replace(":cy", ":ann")
    write_case(
        Path("logged"), boundary=BOUNDARY + LOGS, people=people, warehouse=shared
    )
    Path("logged/w.jsonl").write_text(f"{DID}\n")
    said = say("reach", "plan", "logged")
    assert "people losing  pairs lost  used it  can't be told" in said.out
    found = json.loads(say("reach", "plan", "logged", "--format", "json").out)
    since = {"since": "2022-01-01T00:00:00Z", "until": "2022-01-31T00:00:00Z"}
    (only,) = found["plans"]
    assert only["in_use"] == {"people": 0, "pairs": 0, "untold": 0, "open": 0} | since
    plain = say("reach", "plan", "logged", "--ignore-logs")
    assert "used it" not in plain.out
    (only,) = json.loads(
        say("reach", "plan", "logged", "--ignore-logs", "--format", "json").out
    )["plans"]
    assert only["in_use"] is None


def test_the_tutorial_shows_the_plans_of_the_case(say):
    """What the tutorial prints is what the command prints now."""
    shown = (PROJECT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    shown = shown.partition("## Ask, then plan")[2].partition("## Point it")[0]
    block = shown.partition("```text\n")[2].partition("```")[0]
    case = str(PROJECT / "examples" / "shortvideo")
    said = say("reach", "plan", case, "--ignore-logs")
    assert said.out.startswith(block)


def test_what_to_look_at_next_asks_under_the_same_options(say):
    """The command that is offered has the options that its answer was given under."""
    given = ("--verb", "any", "--reach", "bare", "--as-of", "2022-01-30")
    said = say("reach", "who", "protected", "--case", "crossed", *given)
    (hint,) = [line for line in said.out.splitlines() if line.startswith("to look")]
    assert hint.endswith("--case crossed --as-of 2022-01-30 --verb any --reach bare")
    plain = say("reach", "who", "protected", "--case", "crossed")
    assert "--verb" not in plain.out


def test_whoever_would_answer_for_each_other_is_no_resource(say):
    """Several principals that are asked about can't be what is asked for as well."""
    said = say("reach", "who", "everybody", "--case", "crossed")
    assert said.code == 2
    assert "`everybody` stands for several of those who are asked about" in said.err


def test_a_plan_that_is_not_there_is_told(say):
    """A letter that no plan has is a mistake in usage, with a remedy."""
    said = say("reach", "what-if", "Z", "--case", "crossed")
    assert said.code == 2
    assert "there is no plan `out/plan-Z.yaml`" in said.err


def test_pairs_are_read_back_from_what_a_check_wrote(say):
    """`reach pairs` takes the output folder of a check, like every other question."""
    assert say("check", "crossed", "-o", "out").code == 11
    said = say("reach", "pairs", "out", "--claim", "nobody")
    assert (said.code, "in reach; the claim is refuted" in said.err) == (11, True)
