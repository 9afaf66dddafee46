"""What a docket says of a claim, held against a plain reading of its objects."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from ringfence.boundary.model import Claim
from ringfence.claims.contested import told
from ringfence.claims.docketed import Docketed
from ringfence.claims.outcome import Verdict
from ringfence.claims.verdict import Basis, Documents, Witness, verdict
from ringfence.docket.objects import Assessment, Hearing, Scope, Sentence, Statement
from ringfence.docket.words import Dismissal, Known, Stance
from tests.contesting import SAYS, Book

CLAIMS = [Claim(id=name, says=SAYS, kind="no_reach") for name in ("one", "two")]


@dataclass(frozen=True)
class Step:
    """Something that is logged next; numbers choose among what there is."""

    kind: str
    which: int
    sentence: int
    second: bool
    stance: Stance
    place: Known
    dismissal: Dismissal | None
    supersedes: bool


STEPS = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(["state", "correct", "hear", "assess", "assess"]),
        which=st.integers(0, 5),
        sentence=st.integers(0, 1),
        second=st.booleans(),
        stance=st.sampled_from([Stance.CONTRADICTS, Stance.CONTRADICTS, *Stance]),
        place=st.sampled_from(Known),
        dismissal=st.sampled_from([None, None, *Dismissal]),
        supersedes=st.booleans(),
    ),
    max_size=12,
)


def logged(steps: list[Step]) -> Book:
    """Return a docket of such steps; what the rules refuse changes nothing."""
    book = Book()
    recording = book.recording()
    sentences = [book.sentence(claim.id) for claim in CLAIMS]
    book.statement(recording)
    for step in steps:
        statements = [ref for ref, _ in book.read.all(Statement)]
        chosen = statements[step.which % len(statements)]
        by = book.second if step.second else book.first
        if step.kind == "state":
            book.statement(recording)
        elif step.kind == "correct":
            book.statement(recording, corrects=chosen)
        elif step.kind == "hear":
            book.hear(chosen, by=by)
        else:
            _assess(book, step, chosen, sentences[step.sentence], by)
    return book


def _assess(book: Book, step: Step, statement: str, sentence: str, by: str) -> None:
    earlier = [
        ref for ref, one in book.read.all(Assessment) if one.sentence == sentence
    ]
    before = earlier[step.which % len(earlier)] if earlier and step.supersedes else ""
    book.assess(
        statement,
        sentence,
        step.stance,
        by=by,
        scope=Scope(place=step.place),
        dismissal=step.dismissal,
        rationale="because",
        supersedes=before,
    )


def chains(read: Docketed) -> dict[str, str]:
    """Return the first statement of the chain of each."""
    first: dict[str, str] = {}
    for ref, one in read.all(Statement):
        first[ref] = first[one.corrects] if one.corrects else ref
    return first


def expected(read: Docketed) -> dict[str, set[str]]:
    """Return the chains that contest each claim, as plainly as it can be said."""
    first = chains(read)
    heard = {first[one.statement] for _, one in read.all(Hearing)}
    replaced = {one.supersedes for _, one in read.all(Assessment)}
    claims = {ref: one.claim for ref, one in read.all(Sentence)}
    found: dict[str, set[str]] = {claim.id: set() for claim in CLAIMS}
    for ref, one in read.all(Assessment):
        counts = (
            one.stance is Stance.CONTRADICTS
            and one.scope.place is not Known.NO
            and one.dismissal is None
            and ref not in replaced
            and first[one.statement] in heard
        )
        if counts:
            found[claims[one.sentence]].add(first[one.statement])
    return found


def upheld(documents: Documents) -> bool:
    """Return whether a claim that systems uphold is upheld beside documents."""
    basis = Basis(Witness.NONE, documents=documents)
    return verdict(basis)[0] is Verdict.UPHELD


@given(STEPS)
def test_what_contests_is_what_a_plain_reading_finds(steps):
    """Each claim is contested by the chains of statements that somebody has heard."""
    read = logged(steps).read
    first, plain = chains(read), expected(read)
    for name, said in told(read, CLAIMS).claims.items():
        numbers = [one.number for one in said.documents.against]
        assert {first[read.numbered(number)] for number in numbers} == plain[name]
        assert len(numbers) == len(plain[name])
        assert upheld(said.documents) == (not plain[name])


@given(STEPS)
def test_a_hearing_more_never_leaves_a_claim_upheld_that_was_not(steps):
    """Listening once more can contest a claim, and never clears one."""
    book = logged(steps)
    before = {name: upheld(one.documents) for name, one in _said(book.read)}
    for ref, _ in book.read.all(Statement):
        book.hear(ref)
    for name, one in _said(book.read):
        assert before[name] or not upheld(one.documents)


@given(STEPS, st.data())
def test_erasing_never_leaves_a_claim_upheld_that_was_not(steps, data):
    """Whatever is erased of a docket, no claim is upheld that wasn't before."""
    book = logged(steps)
    before = {name: upheld(one.documents) for name, one in _said(book.read)}
    erased = data.draw(st.sets(st.sampled_from(book.refs), min_size=1, max_size=3))
    for name, one in _said(book.without(*erased)):
        assert before[name] or not upheld(one.documents)


def _said(read: Docketed):
    return told(read, CLAIMS).claims.items()
