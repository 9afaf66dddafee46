"""What a docket says of a claim: which statements count, and what nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ringfence.claims import contested as room
from ringfence.claims import kinds
from ringfence.claims.check import Run, check
from ringfence.claims.contested import Heard, heard, told
from ringfence.claims.docketed import Docketed, docketed
from ringfence.claims.judgement import Judgement, beside
from ringfence.claims.kinds import judge
from ringfence.claims.outcome import Reason, Verdict
from ringfence.claims.testimony import Beside
from ringfence.claims.verdict import Documents, weighed
from ringfence.docket.held import Corroboration, Held
from ringfence.docket.objects import Assessment, Reviewer, Scope, Statement
from ringfence.docket.words import Dismissal, Form, Known, Rung, Stance
from ringfence.errors import ConfigError
from tests.cases import CROSSING, WAREHOUSE, write_case
from tests.contesting import NOW, SAYS, Book, contested, dismissed
from tests.estates import attribute, case, claim, edge, source


def asked_of(kind, **more):
    """Return a claim of a kind, in the words that the dockets here speak of."""
    return msgspec.structs.replace(claim(kind, id="nobody", **more), says=SAYS)


NOBODY = asked_of("no_reach")
EMAIL = "column:db/s.users.email"
BACKUP = asked_of("presence", copy="backup", places=("SG",))
COPY = [
    source(covers=["store:db"]),
    attribute("store:db", "place", "SG"),
    attribute("store:db", "copy", "backup"),
    edge("store:db", "contains", "dataset:db/s.users"),
    edge("dataset:db/s.users", "contains", EMAIL),
    attribute(EMAIL, "tag", "EMAIL"),
]


def of(book: Book) -> Heard:
    """Return what a docket says of one claim."""
    return told(book.read, [NOBODY])


def against(found: Heard) -> list[str]:
    """Return the texts of what contests the claim."""
    return [one.text for one in found.claims["nobody"].documents.against]


def unread(found: Heard) -> list[str]:
    """Return what nobody can tell of the claim any more."""
    return [one.text for one in found.claims["nobody"].documents.unread]


# --- which statements count ---------------------------------------------------------


def test_a_contradiction_names_number_rung_speaker_and_place():
    """A reason says which statement it is, how far it has come, and where it is."""
    text = "contested: S1 (confirmed, speaker-4f2a, R1 0:20:04) says otherwise"
    assert against(of(contested())) == [text]


def test_a_sentence_in_other_words_contests_and_says_so():
    """Whoever rewords a claim keeps what contradicts it, with the words it was on."""
    found = of(contested(says="No one there can!"))
    (text,) = against(found)
    assert text.endswith(" contradicts other words, “No one there can!”")
    assert found.claims["nobody"].beside.statements[0].wording == "No one there can!"
    same = of(contested(says="Nobody there can."))
    assert against(same)[0].endswith(" says otherwise")
    assert same.claims["nobody"].beside.statements[0].wording == ""


def test_who_speaks_may_be_known_to_nobody():
    """A statement of nobody knows whom counts, and says so."""
    book = Book()
    statement = book.statement(book.recording())
    book.hear(statement)
    book.assess(statement, book.sentence())
    assert "S1 (heard, nobody knows who, R1 0:20:04)" in against(of(book))[0]


def test_a_document_is_quoted_by_its_passage():
    """In what is no sound a statement stands where it is read."""
    book = Book()
    paper = book.recording(form=Form.DOCUMENT)
    statement = book.statement(paper, span=None, passage="page 3")
    book.hear(statement)
    book.assess(statement, book.sentence())
    (shown,) = of(book).claims["nobody"].beside.statements
    assert (shown.at, shown.start, shown.end) == ("R1 page 3", None, None)


def test_what_nobody_has_heard_neither_counts_nor_is_quoted():
    """The text of a machine is no quote: it isn't shown, and contests nothing."""
    book = Book()
    statement = book.statement(book.recording(), translation="sie sehen alles")
    book.assess(statement, book.sentence())
    found = of(book)
    assert against(found) == []
    (shown,) = found.claims["nobody"].beside.statements
    assert (shown.rung, shown.quote, shown.translation) == (Rung.MACHINE, "", "")
    assert not shown.counts


def test_a_dismissed_statement_is_shown_with_its_reason():
    """What is dismissed stays beside the claim, and contests it no more."""
    book = Book()
    statement, sentence = book.statement(book.recording()), book.sentence()
    book.hear(statement)
    dismissed(book, statement, sentence)
    found = of(book)
    (shown,) = found.claims["nobody"].beside.statements
    assert against(found) == []
    assert (shown.dismissal, shown.rationale) == ("joke_or_hypothetical", "they laugh")
    assert (shown.quote, shown.counts) == ("They see all.", False)


def test_what_was_superseded_stands_no_more():
    """Only the last of a row of assessments bears on the claim."""
    book = Book()
    statement, sentence = book.statement(book.recording()), book.sentence()
    book.hear(statement)
    before = book.assess(statement, sentence)
    book.assess(
        statement,
        sentence,
        Stance.CONTEXT,
        supersedes=before,
        rationale="it is of another year",
    )
    found = of(book)
    assert against(found) == []
    assert [one.stance for one in found.claims["nobody"].beside.statements] == [
        "context"
    ]


def test_a_second_reviewer_who_differs_takes_nothing_away():
    """What one reviewer finds to contradict stays, whatever another one makes of it."""
    book = contested()
    statement, sentence = book.read.numbered("S1"), book.read.numbered("C1")
    book.assess(statement, sentence, Stance.SUPPORTS, by=book.second)
    found = of(book)
    assert len(against(found)) == 1
    stances = [one.stance for one in found.claims["nobody"].beside.statements]
    assert stances == ["contradicts", "supports"]


def test_what_is_unrelated_is_not_shown():
    """A statement that has nothing to do with the sentence isn't beside it."""
    book = Book()
    statement = book.statement(book.recording())
    book.assess(statement, book.sentence(), Stance.UNRELATED)
    assert of(book).claims["nobody"].beside.statements == ()


def test_a_correction_is_assessed_with_what_it_corrects():
    """A contradiction stays one when its words are corrected, and names the new one."""
    book = contested()
    before = book.read.numbered("S1")
    after = book.statement(book.read.numbered("R1"), "they see most", corrects=before)
    assert "S1 (" in against(of(book))[0]
    book.hear(after, "they see most")
    found = of(book)
    assert "S2 (heard" in against(found)[0]
    (shown,) = found.claims["nobody"].beside.statements
    assert (shown.quote, shown.corrected) == ("they see most", ("S1",))


def test_a_denial_stands_beside_the_statement():
    """Whoever denies is shown with it, quoted once somebody has listened."""
    book = contested()
    denied = book.read.numbered("S1")
    other = book.statement(book.recording(), "not so", denies=denied)
    (denial,) = of(book).claims["nobody"].beside.statements[0].denied
    assert (denial.number, denial.speaker, denial.quote) == ("S2", "", "")
    book.hear(other, "Not so.")
    (denial,) = of(book).claims["nobody"].beside.statements[0].denied
    assert (denial.at, denial.rung, denial.quote) == ("R2 0:20:04", "heard", "Not so.")
    assert len(against(of(book))) == 1


def test_a_sentence_on_another_claim_is_told():
    """What stands beside a claim that the boundary doesn't make isn't lost silently."""
    found = of(contested(claim="gone", says="something else"))
    assert against(found) == []
    (note,) = found.notes
    assert note.code == "docket-stranger"
    assert "C1 of the docket is on `gone`" in note.text
    assert "bears on it" not in note.text


def test_a_claim_under_another_name_is_contested_all_the_same():
    """Whoever renames a claim doesn't get rid of what contradicts its words."""
    found = of(contested(claim="gone", says=f"  {SAYS.upper()}!"))
    assert len(against(found)) == 1
    (note,) = found.notes
    assert "what bears on it bears on `nobody`, which says the same" in note.text


def test_claims_that_swap_their_names_keep_what_contradicts_them():
    """The words of one under the id of another: it bears on both."""
    other = msgspec.structs.replace(NOBODY, id="other", says="something else")
    renamed = msgspec.structs.replace(NOBODY, id="renamed")
    book = contested(claim="other")
    claims = told(book.read, [renamed, other]).claims
    assert [len(one.documents.against) for one in claims.values()] == [1, 1]


def test_two_claims_that_say_the_same_are_kept_apart():
    """One sentence put to the test in two ways: each is assessed on its own."""
    other = msgspec.structs.replace(NOBODY, id="other")
    claims = told(contested().read, [NOBODY, other]).claims
    assert [len(one.documents.against) for one in claims.values()] == [1, 0]


def test_what_is_logged_twice_counts_once():
    """The same payload under two entries is one object; the second is told."""
    book = contested()
    again = Held(99, NOW, "statement", book.read.numbered("S1"), Statement("", ""))
    book.read.add(again)
    assert book.read.refused == ["S2"]
    assert book.read.number(again.ref) == "S1"
    assert len(against(of(book))) == 1


def test_what_may_not_be_there_changes_nothing_and_is_counted():
    """An assessment by whoever has a conflict is told, and contests nothing."""
    book = Book()
    judge_in_own_case = book.log(Reviewer("Cy", conflict=True))
    statement, sentence = book.statement(book.recording()), book.sentence()
    book.hear(statement)
    book.assess(statement, sentence, by=judge_in_own_case)
    found = of(book)
    assert against(found) == unread(found) == []
    assert found.notes[0].code == "docket-refused"
    assert found.notes[0].text.endswith(": A1")


# --- what was erased ------------------------------------------------------------------


@pytest.mark.parametrize("number", ["V1", "S1", "E1", "A1", "C1"])
def test_what_was_erased_keeps_the_claim_from_being_upheld(number):
    """Erasing any part of a contradiction leaves a gap, never a claim upheld."""
    book = contested()
    found = told(book.without(book.read.numbered(number)), [NOBODY])
    assert against(found) or unread(found)


@pytest.mark.parametrize("number", ["H1", "P1", "R1", "V2", "E2"])
def test_what_a_contradiction_can_do_without(number):
    """Without the speaker, the recording or the second hearing it still contests."""
    book = contested()
    found = told(book.without(book.read.numbered(number)), [NOBODY])
    assert len(against(found)) == 1


def test_an_erased_statement_is_told_as_such():
    """Of an erased statement the number is left, and that it contradicted."""
    book = contested()
    found = told(book.without(book.read.numbered("S1")), [NOBODY])
    (shown,) = found.claims["nobody"].beside.statements
    assert (shown.number, shown.at, shown.recording) == ("S1", "erased", "")
    assert unread(found) == ["S1 contradicts; whether it was heard was erased"]


def test_an_erased_sentence_without_an_assessment_is_no_gap():
    """A sentence that nothing was set beside may be erased without a trace."""
    book = Book()
    sentence = book.sentence()
    assert unread(told(book.without(sentence), [NOBODY])) == []


def test_an_erased_hearing_is_no_gap_where_nothing_contradicts():
    """What supports or is dismissed isn't missed once its hearing is erased."""
    book = Book()
    statement, sentence = book.statement(book.recording()), book.sentence()
    hearing = book.hear(statement)
    book.assess(statement, sentence, Stance.SUPPORTS)
    dismissed(book, statement, sentence)
    assert unread(told(book.without(hearing), [NOBODY])) == []


# --- what it does to a verdict --------------------------------------------------------


def test_a_statement_contests_what_systems_uphold(tmp_path):
    """A claim that is upheld by itself is unproven and contested beside a docket."""
    contested().kept(tmp_path / "docket")
    run = Run(write_case(tmp_path / "case"), tmp_path / "out", NOW)
    assert check(run).findings[0].verdict is Verdict.UPHELD
    outcome = check(replace(run, docket=tmp_path / "docket"))
    (finding,) = outcome.findings
    assert finding.verdict is Verdict.UNPROVEN
    assert finding.contested
    assert finding.proof is None
    assert finding.summary == "contested by S1: 1 shut out of 1 protected"
    assert [one.code for one in finding.reasons] == ["contested"]
    assert outcome.docket is not None
    assert (outcome.docket.name, outcome.docket.entries) == ("docket/case", 11)
    assert not list((tmp_path / "out").glob("claim-*.json"))


def test_a_statement_shields_nothing(tmp_path):
    """What systems refute stays refuted beside any statement, and isn't contested."""
    contested().kept(tmp_path / "docket")
    folder = write_case(tmp_path / "case", warehouse=WAREHOUSE + CROSSING)
    outcome = check(Run(folder, tmp_path / "out", NOW, docket=tmp_path / "docket"))
    (finding,) = outcome.findings
    assert (finding.verdict, finding.contested) == (Verdict.REFUTED, False)
    assert [one.number for one in finding.beside.statements] == ["S1"]
    assert finding.proof is not None


def test_what_is_open_already_is_contested_too(tmp_path):
    """An unproven claim keeps its reasons first, and is contested beside them."""
    asked = case(tmp_path, [source("x", unknown="why")], NOBODY)
    asked.docket = {"nobody": of(contested()).claims["nobody"].documents}
    found = judge(NOBODY, asked)
    assert found.verdict is Verdict.UNPROVEN
    assert found.reasons[-1].code == "contested"
    assert found.summary.startswith("contested by S1: ")


def test_a_copy_that_a_statement_denies_is_unproven(tmp_path):
    """A witness upholds a claim that something is there, unless it is contested."""
    asked = case(tmp_path, COPY, BACKUP)
    assert judge(BACKUP, asked).verdict is Verdict.UPHELD
    asked.docket = {"nobody": of(contested()).claims["nobody"].documents}
    found = judge(BACKUP, asked)
    assert (found.verdict, found.contested) == (Verdict.UNPROVEN, True)
    assert found.paths
    assert found.proof is None


def test_a_question_of_law_is_contested_and_its_proxy_is_not(tmp_path):
    """A statement bears on what was said, never on the proxy that is checked for it."""
    law = asked_of("jurisdiction")
    asked = case(tmp_path, COPY, law)
    alone = judge(law, asked)
    asked.docket = {"nobody": of(contested()).claims["nobody"].documents}
    found = judge(law, asked)
    assert (found.verdict, found.contested) == (Verdict.UNPROVEN, True)
    assert [one.code for one in found.reasons] == ["question-of-law", "contested"]
    assert found.proxy == alone.proxy
    assert found.proxy is not None
    assert not found.proxy.contested


# --- dockets that can't be read -------------------------------------------------------


def test_a_docket_that_does_not_verify_is_a_gap_of_every_claim(tmp_path):
    """What a docket may say keeps each claim from being upheld, and the run goes on."""
    docket = contested().kept(tmp_path / "docket")
    for file in (docket.ledger / "private" / "payloads").rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes().replace(b"speaker", b"spokenr"))
    run = Run(write_case(tmp_path / "case"), tmp_path / "out", NOW)
    outcome = check(replace(run, docket=tmp_path / "docket"))
    (finding,) = outcome.findings
    assert (finding.verdict, finding.contested) == (Verdict.UNPROVEN, False)
    assert [one.code for one in finding.reasons] == [room.UNREAD]
    assert finding.summary.startswith("the docket could not be read: ")
    assert outcome.docket is not None
    assert outcome.docket.fault
    assert outcome.notes == (finding.reasons[0],)


def test_a_charter_that_is_none_is_a_gap(tmp_path):
    """A folder that says that it is a docket and can't be opened isn't passed over."""
    (tmp_path / "docket.json").write_bytes(b"{")
    (reason,) = heard(tmp_path, [NOBODY]).claims["nobody"].documents.unread
    assert "is no charter of a docket" in reason.text


def test_no_docket_is_a_mistake_of_whoever_typed_it(tmp_path):
    """Where there is no docket, nothing is judged."""
    case_folder = write_case(tmp_path / "case")
    run = Run(case_folder, tmp_path / "out", NOW, docket=tmp_path / "no")
    with pytest.raises(ConfigError, match="there is no docket"):
        check(run)
    assert not (tmp_path / "out").exists()


def test_a_docket_is_read_as_it_was_signed(tmp_path):
    """Names and numbers of a docket in a folder are those of its objects in memory."""
    book = contested()
    found = docketed(book.kept(tmp_path / "docket"))
    assert [one for _, one in found.all(Reviewer)] == [Reviewer("Ada"), Reviewer("Bea")]
    (ref, made), *_ = found.all(Assessment)
    assert found.number(ref) == "A1"
    assert found.numbered("A1") == ref
    assert made.scope == Scope()
    assert found.kind(ref) == "assessment"
    assert found.kind("nothing") is None
    assert found.number("nothing") == ""
    with pytest.raises(ConfigError, match="holds no `S9`"):
        found.numbered("S9")


# --- counts ---------------------------------------------------------------------------


def test_corroboration_counts_and_weighs_nothing():
    """The same sound received thrice is one recording, and one hand is one source."""
    book = Book()
    sentence = book.sentence()
    tapes = [book.recording() for _ in range(3)]
    speaker = book.speaker()
    for place, tape in enumerate(tapes):
        statement = book.statement(
            tape,
            speaker=speaker if place else "",
            first_hand=Known.YES if place == 1 else Known.UNKNOWN,
            hedged=Known.YES if place == 2 else Known.NO,
        )
        book.hear(statement)
        book.assess(statement, sentence)
    book.assess(statement, sentence, by=book.second)
    unheard = book.statement(tapes[0])
    book.assess(unheard, sentence)
    beside = of(book).claims["nobody"].beside
    assert beside.behind == {Stance.CONTRADICTS: Corroboration(3, 1, 1, 1, 1, 1, 1)}
    assert beside.aside == 1
    assert Beside().aside == 0


def test_a_dismissal_needs_its_rationale_even_where_a_docket_lets_it_in():
    """The rules of a docket refuse a dismissal without words: what it dismisses counts."""
    book = contested()
    statement, sentence = book.read.numbered("S1"), book.read.numbered("C1")
    before = book.read.numbered("A1")
    book.assess(statement, sentence, dismissal=Dismissal.MISHEARD, supersedes=before)
    assert len(against(of(book))) == 1
    assert book.read.refused == ["A2"]


def test_a_docket_is_not_read_beyond_its_signed_head(tmp_path, monkeypatch):
    """What is logged after the head was taken belongs to the next check."""
    docket = contested().kept(tmp_path / "docket")
    heads = [docket.signed()]
    docket.append([Reviewer("Late")], NOW)
    heads.append(docket.signed())
    monkeypatch.setattr(docket, "signed", lambda: heads.pop(0))
    assert [one.name for _, one in docketed(docket).all(Reviewer)] == ["Ada", "Bea"]
    assert heads == []


def test_a_reviewer_goes_by_a_name_or_a_number():
    """Whoever works on a docket is found by either; nobody else is."""
    book = contested()
    assert book.read.reviewer("ADA") == book.read.reviewer("V1") == book.first
    assert book.read.place(book.second) == 2
    with pytest.raises(ConfigError, match="there is no reviewer `S1`") as refused:
        book.read.reviewer("S1")
    assert refused.value.problems[0].hint == "one of `V1` Ada, `V2` Bea"
    with pytest.raises(ConfigError, match="there is no reviewer"):
        Docketed("docket/empty", 0, "").reviewer("V1")


def test_an_erased_statement_has_no_place_on_the_ladder():
    """Of a statement that nobody holds nothing was heard."""
    assert Book().read.ladder("nothing").rung is Rung.MACHINE
    assert Statement("", "").quote == ""


def test_every_kind_of_claim_is_weighed_at_one_place():
    """No kind of claim is judged but through the one function that weighs documents."""
    folder = Path(kinds.__file__).parents[1]
    using = [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*.py"))
        if "KINDS[claim.kind]" in path.read_text("utf-8")
    ]
    assert using == ["kinds/__init__.py"]
    silent = [
        path for path in folder.glob("kinds/*.py") if "ocuments" in path.read_text()
    ]
    assert [path.name for path in silent] == ["__init__.py"]


@pytest.mark.parametrize("found", Verdict)
def test_a_judgement_is_weighed_as_the_algebra_says(found):
    """Whatever a kind found, what documents leave of it is what the algebra leaves."""
    documents = of(contested()).claims["nobody"].documents
    gap = Reason("gap", "a gap")
    judged = Judgement(found, (gap,))
    weighed_ = beside(judged, documents)
    assert (weighed_.verdict, weighed_.reasons) == weighed(found, (gap,), documents)
    assert weighed_.contested == (found is not Verdict.REFUTED)
    assert beside(judged, Documents()) == judged
