"""What a docket holds of one claim, and of an audit's interviews."""

from __future__ import annotations

from ringfence.claims.claim_page import claim_page
from ringfence.claims.interviews import MISSING, interviews
from ringfence.docket.objects import Answer, Hand, Lead, Origin, Speaker, Transcript
from ringfence.docket.words import Form, Known, Rung, Stance
from tests.contesting import NOW, SAYS, Book, contested

COMMAND = ("reach", "who", "protected")


def followed() -> Book:
    """Return a docket with two leads, of which one is answered twice."""
    book = contested()
    statement = book.read.numbered("S1")
    lead = book.log(Lead(statement, "which tools?", COMMAND, book.first))
    book.log(Lead(statement, "who else?", COMMAND, book.first))
    for code in (0, 11):
        book.log(Answer(lead, code, f"exit {code}", "ee" * 32, "bb" * 32, "cc" * 32))
    elsewhere = book.statement(book.recording())
    book.log(Lead(elsewhere, "not of this claim", COMMAND, book.first))
    return book


def test_a_page_holds_the_sentence_and_what_stands_beside_it():
    """The public sentence is told with who said it, when and where."""
    page = claim_page(contested().read, "nobody", SAYS)
    (sentence,) = page.uttered
    assert sentence.says == SAYS
    assert (sentence.by, sentence.on) == ("the company", "2019-10-01")
    assert (sentence.where, sentence.capture) == ("a hearing", "")
    assert [one.number for one in page.beside.statements] == ["S1"]
    assert [one.number for one in page.documents.against] == ["S1"]
    assert page.leads == ()


def test_a_page_of_a_claim_that_nobody_spoke_of_is_empty():
    """A docket without a sentence of a claim has nothing to say of it."""
    page = claim_page(contested().read, "other", "other words")
    assert (page.uttered, page.beside.statements, page.leads) == ((), (), ())


def test_a_page_leads_from_statements_to_findings():
    """Each lead of the claim stands with all its answers; others aren't there."""
    first, second = claim_page(followed().read, "nobody", SAYS).leads
    assert (first.number, first.statement, first.asks) == ("L1", "S1", "which tools?")
    assert first.command == COMMAND
    assert [(one.number, one.code) for one in first.found] == [("W1", 0), ("W2", 11)]
    assert first.found[0].time == NOW
    assert second.found == ()


def interviewed() -> Book:
    """Return a docket of two speakers, one document, and statements of each rung."""
    book = contested()
    first, sentence = book.read.numbered("R1"), book.read.numbered("C1")
    book.log(Hand(sealed="aa", match="bb"))
    book.log(Hand())
    silent = book.log(Speaker("speaker-77aa", role="the only one", country="CN"))
    book.statement(first, "unheard", speaker=silent)
    paper = book.recording(form=Form.DOCUMENT)
    said = book.statement(
        paper,
        span=None,
        passage="page 3",
        speaker=silent,
        met_year="2021",
        first_hand=Known.YES,
        hedged=Known.YES,
    )
    book.hear(said, "It says so here.")
    nobody = book.statement(first)
    book.hear(nobody)
    book.assess(nobody, sentence, Stance.SUPPORTS)
    book.log(Transcript(first, Origin("machine", "whisper", "1.2", "tiny:ab"), ()))
    book.log(Transcript(first, Origin("human"), ()))
    return book


def test_an_interview_file_counts_what_was_logged():
    """Statements by rung, engines, and hands of whom two may be one."""
    found = interviews(interviewed().read, NOW)
    assert found.rungs == {Rung.MACHINE: 1, Rung.HEARD: 2, Rung.CONFIRMED: 1}
    assert found.engines == ("whisper 1.2, model tiny:ab", "typed (human)")
    assert (found.hands, found.unnamed) == (2, 1)
    assert (found.erased, found.refused) == (0, 0)
    assert [one.number for one in found.workers] == ["V1", "V2"]
    assert found.missing == MISSING


def test_an_interview_file_names_pseudonyms_and_coarse_roles_only():
    """Neither a fine role, nor a country, nor the name of a file is in it."""
    found = interviews(interviewed().read, NOW)
    first, second = found.interviewed
    assert (first.name, first.role, first.statements) == ("speaker-4f2a", "engineer", 1)
    assert (second.role, second.country, second.met) == ("", "", ("2021",))
    assert (second.statements, second.first_hand, second.hedged) == (1, 1, 1)
    text = repr(found)
    assert "secret-name" not in text
    assert "the only one" not in text
    assert "head of" not in text


def test_an_interview_file_tells_documents_from_sounds():
    """A sound is told with its length, a document without."""
    sound, paper = interviews(interviewed().read, NOW).examined
    assert (sound.form, sound.seconds, sound.hand) == (Form.SOUND, 3600, "H1")
    assert (paper.form, paper.seconds) == (Form.DOCUMENT, None)


def test_what_stands_beside_no_sentence_is_quoted_too():
    """A statement that nobody has set beside a sentence is told apart."""
    found = interviews(interviewed().read, NOW)
    (claim,) = found.claims
    assert [one.number for one in claim.beside.statements] == ["S1", "S4"]
    (further,) = found.further
    assert (further.number, further.at) == ("S3", "R2 page 3")
    assert (further.speaker, further.quote) == ("speaker-77aa", "It says so here.")


def test_who_speaks_beside_no_sentence_may_be_unknown():
    """A heard statement of nobody knows whom, beside nothing, has no name."""
    book = Book()
    book.hear(book.statement(book.recording()))
    (further,) = interviews(book.read, NOW).further
    assert further.speaker == ""


def test_a_page_knows_the_other_claims_of_a_check():
    """What is on another claim that says the same stands beside that one alone."""
    read = contested().read
    alone = claim_page(read, "other", SAYS)
    assert len(alone.beside.statements) == 1
    apart = claim_page(read, "other", SAYS, {"nobody": SAYS})
    assert apart.beside.statements == ()
