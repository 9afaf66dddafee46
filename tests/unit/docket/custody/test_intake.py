"""Intake: what is received, what is logged of it, and what is said."""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from pathlib import Path

import pytest

from ringfence.docket import blocks
from ringfence.docket.course import check
from ringfence.docket.folder import SEALED, Charter, Docket
from ringfence.docket.founding import Keys, drawn, found
from ringfence.docket.intake import Intake, check_terms, media_of
from ringfence.docket.naming import Names
from ringfence.docket.objects import Hand, Handling, Recording
from ringfence.docket.originals import Originals
from ringfence.docket.sealing import unseal
from ringfence.docket.words import Custody, Form
from ringfence.errors import ConfigError, ProofError, SourceError
from ringfence.ledger.faults import LedgerError
from tests.taped import NAME, TIME, noise, said, taped, wav

SOUND = wav(noise(16_000 * 2 + 5))


@pytest.fixture
def tapes(tmp_path):
    return taped(tmp_path)


def files(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder."""
    there = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in there}


def test_a_sound_is_kept_sealed_and_logged_with_its_tree(tapes):
    """Digest, samples, tree and terms are logged; the original opens to what came."""
    added = tapes.add("call.wav", SOUND, basis="consent", until="2031-12-31")
    told = tapes.recording()
    assert told.content == sha256(SOUND).hexdigest()
    assert (told.size, told.name, told.media) == (len(SOUND), "call.wav", "audio/wav")
    assert (told.form, told.basis, told.until) == (Form.SOUND, "consent", "2031-12-31")
    assert told.sound is not None
    assert told.sound.samples == 16_000 * 2 + 5
    assert told.blocks == blocks.tree(noise(16_000 * 2 + 5), bytes.fromhex(told.seed))
    assert Originals(tapes.docket).read(told.content, tapes.keys) == SOUND
    assert (added.again, added.held.object) == (False, told)


def test_how_it_was_sealed_is_custody(tapes):
    """The first step of custody names the sealed file by its digest, and who did it."""
    ref = tapes.add("call.wav", SOUND).held.ref
    step = tapes.held(Handling)[-1].object
    sealed = Originals(tapes.docket).sealed(tapes.recording().content)
    assert (step.step, step.thing, step.by) == (Custody.SEALED, ref, tapes.by)
    assert step.detail["sealed"] == sha256(sealed).hexdigest()


def test_the_same_bytes_are_logged_once(tapes):
    """Whatever the name, the same bytes are one recording, and nothing is written."""
    first = tapes.add("call.wav", SOUND)
    before = files(tapes.docket.folder)
    again = tapes.add("copy.wav", SOUND)
    after = files(tapes.docket.folder)
    assert again.again
    assert again.held.ref == first.held.ref
    assert before == after


def test_an_original_that_was_lost_is_laid_anew(tapes):
    """If an original is missing, adding the same bytes again brings it back."""
    ref = tapes.add("call.wav", SOUND).held.ref
    Originals(tapes.docket).path(tapes.recording().content).unlink()
    again = tapes.add("call.wav", SOUND)
    assert again.notes == ("its original was missing: laid anew",)
    assert Originals(tapes.docket).read(tapes.recording().content, tapes.keys) == SOUND
    assert tapes.held(Handling)[-1].object.thing == ref
    assert len(tapes.held(Recording)) == 1


def test_what_is_no_sound_is_received_too(tapes):
    """A sound that can't be decoded is kept, and said so; a document isn't decoded."""
    bad = tapes.add("a.mp3", b"\xff\xfbnoise")
    page = tapes.add("b.pdf", b"%PDF", hand=bad.held.object.hand)
    mail = tapes.add("c.eml", b"From: a", hand=bad.held.object.hand)
    odd = tapes.add("d", b"what?", hand=bad.held.object.hand)
    told = tapes.add("e.pdf", b"chat", hand=bad.held.object.hand, form=Form.MESSAGES)
    forms = [one.held.object.form for one in (bad, page, mail, odd, told)]
    assert forms == ["sound", "document", "messages", "document", "messages"]
    assert bad.notes[0].startswith("kept, but not decoded: is no sound")
    assert page.notes == ()
    assert (bad.held.object.sound, bad.held.object.seed) == (None, "")


def test_a_sound_without_a_telling_name_is_a_sound(tapes):
    """What has no name that says what it is, is a sound if it can be decoded."""
    assert tapes.add("voice", SOUND).held.object.form is Form.SOUND


def test_one_hand_hands_over_many(tapes):
    """Files of one run come from one new hand; who it is lies sealed, of one length."""
    with Intake.of(tapes.docket) as intake:
        terms = tapes.terms(sealed_name=NAME, identities=tapes.names)
        refs = {
            said(intake.add(tapes.file(name, name.encode()), terms, TIME).held).hand
            for name in ("a.pdf", "b.pdf")
        }
    (hand,) = tapes.held(Hand)
    assert refs == {hand.ref}
    names = Names(tapes.docket)
    assert names.read(hand.object.sealed, tapes.names) == NAME
    sealed = (names.content(one) for one in (names.keep("X"), hand.object.sealed))
    assert {len(unseal(one, tapes.names)) for one in sealed} == {1024}
    with pytest.raises(ProofError, match="sealed to other keys"):
        names.read(hand.object.sealed, tapes.keys)


def test_who_hands_over_again_is_the_same_hand(tapes):
    """A name that matches, whatever its case, is the hand that is known."""
    tapes.add("a.pdf", b"a", sealed_name=NAME, identities=tapes.names)
    later = tapes.add("b.pdf", b"b", sealed_name=NAME.upper(), identities=tapes.names)
    other = tapes.add("c.pdf", b"c", sealed_name="Al", identities=tapes.names)
    assert later.notes == ("the hand is H1",)
    assert other.held.object.hand != later.held.object.hand
    assert len(tapes.held(Hand)) == 2


def test_without_the_key_nobody_can_tell_whether_a_hand_is_new(tapes):
    """A name is sealed without the identity key; that it isn't matched is said."""
    for name, keys in (("a.pdf", None), ("b.pdf", tapes.keys)):
        added = tapes.add(name, name.encode(), sealed_name=NAME, identities=keys)
        assert "nobody can tell" in added.notes[0]
    assert [one.object.match for one in tapes.held(Hand)] == ["", ""]


def test_no_name_lies_anywhere_in_the_clear(tapes):
    """Neither a sealed name nor the name of a file is in any file but a payload."""
    tapes.add("secret-name.pdf", b"a", sealed_name=NAME, identities=tapes.names)
    for name, content in files(tapes.docket.folder).items():
        assert NAME.encode() not in content
        assert b"secret-name" not in content or "payloads" in name or "index" in name


def test_originals_are_for_their_owner_alone(tapes):
    """Sealed files have mode 0600, and lie in folders of mode 0700."""
    tapes.add("a.wav", SOUND, sealed_name=NAME)
    for folder in ("originals", SEALED):
        top = tapes.docket.folder / folder
        modes = {stat.S_IMODE(path.stat().st_mode) for path in top.iterdir()}
        assert (modes, stat.S_IMODE(top.stat().st_mode)) == ({0o600}, 0o700)


def test_what_cannot_be_read_is_told(tapes):
    """A file that isn't there, or is a folder, is an error of its own."""
    with (
        pytest.raises(SourceError, match="no such file"),
        Intake.of(tapes.docket) as one,
    ):
        one.add(tapes.folder / "none.wav", tapes.terms(), TIME)
    with (
        pytest.raises(SourceError, match="is a directory"),
        Intake.of(tapes.docket) as one,
    ):
        one.add(tapes.folder, tapes.terms(), TIME)
    assert [*(tapes.docket.folder / "originals").iterdir()] == []


def test_a_file_that_changes_meanwhile_is_not_decoded_as_another(tapes):
    """What was sealed is what is decoded, or nothing is logged."""
    path = tapes.file("a.wav", SOUND)

    def write(_text: str) -> None:
        path.write_bytes(wav(noise(500)))

    with Intake.of(tapes.docket) as intake, pytest.raises(SourceError, match="changed"):
        intake.add(path, tapes.terms(), TIME, write)
    assert tapes.held(Recording) == []


def test_two_runs_do_not_receive_at_once(tapes):
    """A second run is told that another one is at work."""
    with (
        Intake.of(tapes.docket),
        pytest.raises(LedgerError, match="another run receives"),
        Intake.of(tapes.docket),
    ):
        pass


def test_terms_that_do_not_fit_are_told_before_anything_is_read(tapes):
    """A hand or reviewer that isn't there, and a date that is none, are named."""
    with tapes.index() as index:
        check_terms(tapes.terms(until="2031-01-02"), index)
        for more, message in (
            ({"hand": tapes.by}, "there is no such hand"),
            ({"until": "tomorrow"}, "`tomorrow` is no date"),
            ({"until": "20310102"}, "is no date"),
        ):
            with pytest.raises(ConfigError, match=message):
                check_terms(tapes.terms(**more), index)


def test_media_types_are_the_same_on_every_machine():
    """A name says what a file is; what says nothing is bytes."""
    names = ("A.M4A", "b.opus", "c.amr", "d", "e.pdf", "f.tar.gz", "g.3gp")
    assert [media_of(Path(name)) for name in names] == [
        "audio/mp4",
        "audio/ogg",
        "audio/amr",
        "application/octet-stream",
        "application/pdf",
        "application/octet-stream",
        "audio/3gpp",
    ]


def test_what_is_logged_may_be_there(tapes):
    """The rules of the course accept what intake logs."""
    tapes.add("call.wav", SOUND)
    with tapes.index() as index:
        assert index.refused() == []
        check(tapes.recording(), index)


# --- founding -------------------------------------------------------------------------


def test_a_docket_is_founded_once(tmp_path):
    """A docket that lies there stays; new keys are drawn once."""
    keys = drawn(tmp_path / "keys")
    assert drawn(tmp_path / "keys") == keys
    found(tmp_path / "d", "tapes", keys, TIME)
    found(tmp_path / "e", "tapes", keys, TIME)
    docket = Docket(tmp_path / "d")
    with pytest.raises(ConfigError, match="a docket lies there"):
        found(tmp_path / "d", "tapes", keys, TIME)
    (first,) = docket.held()
    assert said(first).detail.keys() == {"charter", "match"}


@pytest.mark.parametrize("name", ["", "a b", "a/b", "ä\n"])
def test_names_of_dockets_are_words(tmp_path, name):
    """The name becomes part of the ledger's: a blank or a slash is refused."""
    with pytest.raises(ConfigError, match="is no name"):
        found(tmp_path / "d", name, drawn(tmp_path / "keys"), TIME)


def test_the_keys_of_a_docket_are_two(tmp_path):
    """One key for both, or none, founds no docket."""
    one = drawn(tmp_path / "keys").recipients
    for keys, message in (
        (Keys(one, one), "both originals and identities"),
        (Keys(one, ()), "nobody could open"),
        (Keys((), one), "nobody could open"),
    ):
        with pytest.raises(ConfigError, match=message):
            found(tmp_path / "d", "tapes", keys, TIME)
    assert not (tmp_path / "d").exists()


def test_a_key_folder_with_something_else_is_refused(tmp_path):
    """A `docket.key` that is no key is never overwritten."""
    (tmp_path / "docket.key").write_text("mine")
    with pytest.raises(ConfigError, match="is no age identity"):
        drawn(tmp_path)
    assert (tmp_path / "docket.key").read_text() == "mine"


def test_founding_goes_on_where_it_was_cut_short(tmp_path):
    """With a charter and no entry yet, the same command completes the docket."""
    keys = drawn(tmp_path / "keys")
    docket = found(tmp_path / "d", "tapes", keys, TIME)
    half = tmp_path / "half"
    Docket.found(half, Charter("ringfence-docket/1", "tapes", *_pair(keys)), TIME)
    assert [one.kind for one in found(half, "tapes", keys, TIME).held()] == ["custody"]
    assert docket.charter == Docket(half).charter


def _pair(keys: Keys) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return keys.recipients, keys.identity_recipients


def test_the_key_for_names_is_not_drawn_twice(tapes):
    """The key that names are matched by stays as it is; without it nothing matches."""
    names = Names(tapes.docket)
    before = names.key_digest()
    assert names.draw_key() == before
    (tapes.docket.folder / SEALED / "match.age").unlink()
    with pytest.raises(ConfigError, match="matched by is missing"):
        names.match(NAME, tapes.names)
    assert names.key_digest() == ""


def test_a_sealed_name_that_was_changed_is_told(tapes):
    """A changed or missing file names nobody; an empty name is refused."""
    names = Names(tapes.docket)
    digest = names.keep(NAME)
    path = tapes.docket.folder / SEALED / f"{digest}.age"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ProofError, match="was changed"):
        names.read(digest, tapes.names)
    path.unlink()
    with pytest.raises(ProofError, match="is missing"):
        names.read(digest, tapes.names)
    with pytest.raises(ConfigError, match="the name is empty"):
        names.keep(" \n")


def test_originals_are_named_by_digests_alone(tapes):
    """No path can be made of what is no digest."""
    with pytest.raises(ConfigError, match="is no digest"):
        Originals(tapes.docket).path("../" + "0" * 61)


def test_a_missing_or_swapped_original_is_told(tapes):
    """An original that is another one's is told apart by its digest."""
    hand = tapes.add("a.pdf", b"a").held.object.hand
    tapes.add("b.pdf", b"b", hand=hand)
    kept = Originals(tapes.docket)
    one, other = (tapes.recording(number).content for number in (1, 2))
    kept.path(one).replace(kept.path(other))
    with pytest.raises(ProofError, match="the original is missing"):
        kept.read(one, tapes.keys)
    with pytest.raises(ProofError, match="is another original"):
        kept.read(other, tapes.keys)


@pytest.mark.parametrize("name", ["docket.json", "sealed/match.age"])
def test_nothing_is_sealed_to_keys_that_the_ledger_does_not_say(tapes, name):
    """Another key in the charter would open all that comes: nothing is received."""
    path = tapes.docket.folder / name
    other = Keys(drawn(tapes.folder / "other").recipients, ())
    old, new = tapes.docket.charter.recipients[0], other.recipients[0]
    changed = path.read_bytes().replace(old.encode(), new.encode())
    path.write_bytes(changed if name == "docket.json" else b"another key")
    file = tapes.file("late.txt", b"who spoke")
    docket = Docket(tapes.docket.folder)
    with (
        pytest.raises(ProofError, match="was changed since the docket was founded"),
        Intake.of(docket) as intake,
    ):
        intake.add(file, tapes.terms(), TIME)
    assert [*Originals(docket).names()] == []


def test_a_pipe_is_no_file(tapes, tmp_path):
    """What has no end, or nobody writes to, isn't waited for."""
    path = tmp_path / "pipe.wav"
    os.mkfifo(path)
    with (
        pytest.raises(SourceError, match="is no file"),
        Intake.of(tapes.docket) as intake,
    ):
        intake.add(path, tapes.terms(), TIME)


def test_a_name_that_is_no_text_is_spelt_out(tapes, tmp_path):
    """The file is received all the same, whatever its bytes are called."""
    path = os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.txt")
    Path(path).write_bytes(b"words")
    with Intake.of(tapes.docket) as intake:
        intake.add(Path(path), tapes.terms(), TIME)
    assert tapes.recording().name == "bad\\xff.txt"
