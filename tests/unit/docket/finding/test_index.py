"""The index: drawn from the ledger, catching up, drawn anew when it doesn't fit."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from ringfence.docket.finding.comparing import tells_otherwise
from ringfence.docket.finding.edge import Edge
from ringfence.docket.finding.index import NAME, Index
from ringfence.docket.finding.listing import Filters, statements
from ringfence.docket.folder import Docket
from ringfence.docket.gathering import Gathering
from ringfence.docket.objects import Hearing, Reviewer, Sentence, Statement
from ringfence.docket.words import Rung
from ringfence.errors import ConfigError, ProofError, RingfenceError
from ringfence.ledger.keeping.opening import writing
from ringfence.ledger.keeping.payloads import Payloads, erase
from ringfence.ledger.tree.growing import joined, leaf_hashes, subtrees
from ringfence.ledger.writer.disk import RealDisk
from tests.stating import NOW, Made, of_kind, statement


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def index(made: Made, tmp_path: Path):
    made.said()
    with made.indexed(tmp_path / "d") as opened:
        yield opened


def tables(index: Index) -> dict[str, list[tuple[object, ...]]]:
    """Return what the tables hold, but for the salted refs' own order."""
    questions = (
        *("SELECT * FROM object", "SELECT * FROM link", "SELECT * FROM named"),
        *("SELECT * FROM statement", "SELECT * FROM assessment"),
        *("SELECT * FROM stretch", "SELECT * FROM words"),
    )
    return {
        one.split()[-1]: sorted(index.database.execute(one).fetchall(), key=str)
        for one in questions
    }


def erased(docket: Docket, ref: str) -> None:
    with writing(docket.ledger) as log:
        payloads = Payloads(RealDisk(docket.ledger))
        erase(payloads, ref, log.append, time=NOW, reason="request")
        log.publish()


def test_people_call_objects_by_letter_and_ordinal(index: Index, made: Made):
    """Numbers count each kind in the ledger's order, both ways."""
    assert [
        index.number(ref) for ref in (made.ann, made.bob, made.tape, made.page)
    ] == [
        "V1",
        "V2",
        "R1",
        "R2",
    ]
    assert index.numbered(" r2 ") == made.page
    assert index.numbered("V2", "reviewer") == made.bob
    assert index.get(made.ann) == Reviewer("Ann")
    assert index.number("ff" * 32) == "ff" * 6


@pytest.mark.parametrize(
    ("number", "kind"),
    [("S9", ""), ("R0", ""), ("X1", ""), ("", ""), ("R1", "speaker"), ("S1\n2", "")],
)
def test_what_is_no_number_of_an_object_is_refused(
    index: Index, number: str, kind: str
):
    """A number of nothing, or of another kind, is a mistake and says so."""
    with pytest.raises(ConfigError):
        index.numbered(number, kind)


def test_a_reviewer_is_named_by_number_or_name(index: Index, made: Made):
    """A name counts however it is spelt; a stranger is told whom there is."""
    assert index.reviewer("ANN") == index.reviewer("v1") == made.ann
    with pytest.raises(ConfigError, match="no reviewer `Dora`") as raised:
        index.reviewer("Dora")
    assert raised.value.problems[0].hint == "one of `V1` Ann, `V2` Bob, `V3` Cy"


def test_nobody_else_may_read_the_index(index: Index):
    """The file is its owner's alone, even if it was wider before."""
    path = index.docket.folder / NAME
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    Index(index.docket).database.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_catches_up_with_what_the_ledger_got_since(index: Index, made: Made):
    """What is appended elsewhere is there after catching up, and counted."""
    ref = index.numbered("S1")
    index.docket.append([Hearing(ref, made.ann, "seen")], NOW)
    assert index.ladder(ref).rung is Rung.MACHINE
    index.catch_up()
    assert (index.ladder(ref).rung, index.counts()["hearing"]) == (Rung.HEARD, 1)


def test_catching_up_gives_what_drawing_anew_gives(index: Index, made: Made):
    """However many times it was opened in between, the tables are the same."""
    ref = index.numbered("S1")
    for one in (
        Hearing(ref, made.ann, "seen"),
        statement(made, "seen well", corrects=ref),
        Sentence("another", "says"),
        Hearing(ref, made.bob, "seen", blind=True),
    ):
        index.docket.append([one], NOW)
        index.catch_up()
    (index.docket.folder / NAME).unlink()
    with Index(index.docket) as anew:
        assert tables(anew) == tables(index)


def test_what_may_not_be_there_is_counted_and_changes_nothing(index: Index, made: Made):
    """Whoever logged it: a hearing of one with a conflict raises no quote."""
    ref = index.numbered("S1")
    index.docket.append(
        [Hearing(ref, made.cy, "mine"), Hearing(ref, made.ann, "seen")], NOW
    )
    index.catch_up()
    assert index.ladder(ref).quote == "seen"
    assert index.refused() == [("E1", "who has a conflict can neither hear nor assess")]
    assert index.number(index.hearings(ref)[0][0]) == "E2"
    with pytest.raises(ConfigError, match="has a conflict"):
        index.numbered("E1")


def test_what_is_logged_twice_counts_once(index: Index, made: Made):
    """The same payload under two entries is one object."""
    again = made.held.ready[0]
    index.docket.bring([again])
    index.catch_up()
    assert index.refused() == [("V4", "the ledger holds it already")]


def test_an_index_of_another_ledger_is_drawn_anew(index: Index, tmp_path):
    """A file that was copied here from another docket tells nothing of this one."""
    other = Made()
    other.said("of the other one")
    path = other.kept(tmp_path / "other").folder
    shutil.copy(index.docket.folder / NAME, path / NAME)
    with Index(Docket(path)) as found:
        assert (
            of_kind(found.get(found.numbered("S1")), Statement).quote
            == "of the other one"
        )


def test_a_ledger_that_was_set_back_is_drawn_anew(index: Index, tmp_path):
    """A copy from before what was indexed: what came after is gone."""
    copy = tmp_path / "copy"
    shutil.copytree(index.docket.folder, copy)
    index.docket.append([Sentence("later", "says")], NOW)
    index.catch_up()
    shutil.copy(index.docket.folder / NAME, copy / NAME)
    with Index(Docket(copy)) as found:
        assert found.counts()["sentence"] == 1


DAMAGES = {
    "no database": b"no database at all, but long enough" * 99,
    "empty": b"",
    "a table is missing": "DROP TABLE statement",
    "of another version": "UPDATE mark SET version = 0",
    "drawn to another size": "UPDATE mark SET size = 2",
    "without its edge": "UPDATE mark SET edge = ''",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_index_is_drawn_anew(index: Index, damage: bytes | str):
    """It is drawn from the ledger: whatever becomes of it, nothing is lost."""
    before = tables(index)
    index.database.close()
    path = index.docket.folder / NAME
    if isinstance(damage, bytes):
        path.write_bytes(damage)
    else:
        database = sqlite3.connect(path)
        database.executescript(damage)
        database.close()
    with Index(index.docket) as found:
        found.docket.append([Sentence("more", "says")], NOW)
        found.catch_up()
        assert found.get(found.numbered("S1")) is not None
        assert len(tables(found)["object"]) == len(before["object"]) + 1


def test_an_index_that_is_no_file_is_told(index: Index):
    """A link elsewhere is never followed: whoever laid it would read along."""
    path = index.docket.folder / NAME
    index.database.close()
    path.unlink()
    path.symlink_to(path.with_name("elsewhere"))
    with pytest.raises(OSError, match=r"index\.sqlite"):
        Index(index.docket)


def test_what_was_erased_is_nowhere_in_the_index(index: Index, made: Made):
    """The words are gone from the file too, and the number stays spent."""
    secret = index.docket.append([statement(made, "unspeakablewords here")], NOW)[0]
    index.catch_up()
    content = (index.docket.folder / NAME).read_bytes()
    assert b"unspeakablewords" in content
    erased(index.docket, secret.ref)
    index.catch_up()
    assert (index.get(secret.ref), index.kind(secret.ref)) == (None, "statement")
    content = (index.docket.folder / NAME).read_bytes()
    assert b"unspeakablewords" not in content
    assert index.docket.append([statement(made, "next")], NOW)
    index.catch_up()
    assert of_kind(index.get(index.numbered("S3")), Statement).quote == "next"


def test_what_hangs_on_what_was_erased_stays_as_far_as_it_can(index, made: Made):
    """Hearings of an erased reviewer count for nothing; an erased speaker takes nothing."""
    said = statement(made, "seen", speaker=made.speaker)
    ref = index.docket.append([said], NOW)[0].ref
    index.docket.append([Hearing(ref, made.ann, "seen")], NOW)
    for gone in (made.speaker, made.hand, made.ann):
        erased(index.docket, gone)
    index.catch_up()
    assert index.get(ref) == said
    assert index.ladder(ref).rung is Rung.MACHINE
    assert ("E1", "who has a conflict can neither hear nor assess") in index.refused()


def test_nothing_new_is_said_of_what_was_erased(index: Index, made: Made):
    """Neither of a recording, nor of a statement; what was said of them may stay."""
    ref = index.numbered("S1")
    for gone in (ref, made.tape):
        erased(index.docket, gone)
    index.catch_up()
    more = Gathering(index, NOW)
    for one in (Hearing(ref, made.ann, "seen"), statement(made)):
        with pytest.raises(ConfigError, match="was erased"):
            more.add(one)


def test_an_index_that_another_run_holds_is_told(index: Index, monkeypatch):
    """Whoever waits too long for a writer is told what to do."""
    index.docket.append([Sentence("more", "says")], NOW)
    index.database.execute("BEGIN IMMEDIATE")
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda path, **more: connect(path, **{**more, "timeout": 0})
    )
    with pytest.raises(ConfigError, match="can't be used: database is locked"):
        Index(index.docket)
    index.database.execute("ROLLBACK")


def test_a_payload_that_was_changed_is_no_object(index: Index):
    """The words in a payload are held against the entry before they are shown."""
    held = index.docket.append([Sentence("more", "says")], NOW)[0]
    path = index.docket.ledger / "private/payloads" / held.ref[:2] / held.ref[2:]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"says", b"sayz"))
    with pytest.raises(ProofError):
        index.catch_up()
    assert index.counts()["sentence"] == 1


def test_entries_that_were_changed_are_told(index: Index):
    """A log that isn't what was signed is no docket, drawn anew or not."""
    index.docket.append([Sentence("more", "says")], NOW)
    bundles = (index.docket.ledger / "public/tile/entries").glob("000.p/*")
    bundle = max(bundles, key=lambda path: int(path.name))
    content = bytearray(bundle.read_bytes())
    at = content.rindex(b"2026-11-23T10:00:00Z")
    content[at : at + 4] = b"2025"
    bundle.chmod(0o600)
    bundle.write_bytes(content)
    with pytest.raises(RingfenceError):
        index.catch_up()


def test_a_run_that_fails_leaves_the_index_as_it_was(index: Index, monkeypatch):
    """Drawing is one transaction: half of an append is never found."""
    before = tables(index)
    index.docket.append([Sentence(f"c{at}", "says") for at in range(3)], NOW)

    def broken(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr("ringfence.docket.finding.drawing.Edge.extend", broken)
        with pytest.raises(OSError):  # noqa: PT011
            index.catch_up()
    assert tables(index) == before
    index.catch_up()
    assert index.counts()["sentence"] == 4


def test_an_edge_has_the_root_of_the_tree():
    """However a log is cut into what was read at once, the root is the log's."""
    entries = [bytes([at]) * (at + 1) for at in range(70)]
    for cut in (0, 1, 7, 64, 70):
        edge = Edge()
        edge.extend(entries[:cut])
        edge = Edge(edge.size, edge.content)
        edge.extend(entries[cut:])
        assert (edge.size, edge.root()) == (70, joined(subtrees(leaf_hashes(entries))))


FORGERIES = {
    "another body": "UPDATE object SET body = x'00ff' WHERE kind = 'statement'",
    "text for bytes": "UPDATE object SET ref = x'00' WHERE kind = 'statement'",
    "bytes for text": "UPDATE object SET time = x'ff' WHERE kind = 'statement'",
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES)
def test_an_index_that_tells_what_is_none_is_removed(index: Index, change: str):
    """Who reads it is told, and the next run draws it anew."""
    index.database.executescript(change)
    index.forget()

    def read() -> None:
        with index:
            statements(index, Filters())

    with pytest.raises(ConfigError, match="the index can't be used"):
        read()
    with Index(index.docket) as anew:
        assert len(statements(anew, Filters()).rows) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE mark SET edge = 12345",
        "UPDATE mark SET edge = 'abc'",
        "UPDATE mark SET size = 'x'",
        "UPDATE mark SET size = -5, edge = ''",
        "DELETE FROM mark",
        "CREATE TRIGGER t AFTER INSERT ON object BEGIN DELETE FROM statement; END",
    ],
)
def test_a_mark_or_a_trigger_of_somebody_else_is_no_index(index: Index, change: str):
    """It is drawn anew, whatever stands there instead."""
    before = tables(index)
    index.database.executescript(change)
    index.database.close()
    with Index(index.docket) as anew:
        assert tables(anew) == before
        assert not anew.database.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()


def unsaid(_: str) -> None:
    """Show no progress."""


def test_an_index_that_tells_other_words_is_found(index: Index):
    """A row that was changed and fits its table shows in no list, but in `verify`."""
    assert not tells_otherwise(index.docket, unsaid)
    ((place, body),) = index.database.execute(
        "SELECT place, body FROM object WHERE kind = 'statement'"
    ).fetchall()
    forged = body.replace(b"China", b"Chile")
    assert forged != body
    index.database.execute(
        "UPDATE object SET body = ? WHERE place = ?", (forged, place)
    )
    assert tells_otherwise(index.docket, unsaid)
    index.docket.append([Sentence("more", "says")], NOW)
    assert tells_otherwise(index.docket, unsaid)


def test_an_index_that_finds_other_words_is_found(index: Index):
    """What is searched is held against what the tables hold."""
    index.database.execute("DELETE FROM words_idx")
    index.database.execute("DELETE FROM words_data WHERE id > 10")
    assert tells_otherwise(index.docket, unsaid)


def test_what_is_no_index_tells_nothing(index: Index):
    """It is drawn anew when it is opened: nobody reads it."""
    path = index.docket.folder / NAME
    index.database.close()
    path.write_bytes(b"no database at all, but long enough" * 99)
    assert not tells_otherwise(index.docket, unsaid)
    path.unlink()
    assert not tells_otherwise(index.docket, unsaid)
    assert not path.exists()


def test_a_full_disk_is_told_as_one(index: Index):
    """The index stays behind, says why, and catches up once there is room."""
    index.database.execute("PRAGMA max_page_count = 1")

    def append() -> None:
        with index:
            told = [Sentence(f"c{n}", f"says {n} " * 999) for n in range(9)]
            index.docket.append(told, NOW)
            index.catch_up()

    with pytest.raises(ConfigError, match="full") as caught:
        append()
    hint = caught.value.problems[0].hint
    assert hint is not None
    assert hint.startswith("free some space")
    with Index(index.docket) as anew:
        assert anew.counts()["sentence"] == 10
