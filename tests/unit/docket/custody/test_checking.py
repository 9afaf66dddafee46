"""Checking: what doesn't verify is named, and what does no harm is told."""

from __future__ import annotations

import msgspec
import pytest

from ringfence.docket.checking import Checked, check_docket
from ringfence.docket.destroying import destroy
from ringfence.docket.finding.index import Index
from ringfence.docket.listening import check_sound
from ringfence.docket.objects import RATE, Handling, Recording, Span
from ringfence.docket.originals import Originals
from ringfence.docket.rehearing import log, rehear
from ringfence.docket.sealing import seal
from ringfence.docket.words import Custody
from ringfence.errors import ConfigError, ProofError
from tests.taped import NAME, TIME, Taped, noise, remembered, taped, wav

SAMPLES = noise(RATE * 12)
SOUND = wav(SAMPLES)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    there = taped(tmp_path_factory.mktemp("made"))
    more = {"sealed_name": NAME, "identities": there.names}
    hand = there.add("call.wav", SOUND, **more).held.object.hand
    there.add("b.pdf", b"a document", hand=hand)
    there.state(there.held(Recording)[0].ref, "nobody can", Span(0, RATE))
    return there


@pytest.fixture
def tapes(made, tmp_path, monkeypatch):
    monkeypatch.setattr("ringfence.docket.rehearing.decoded", remembered)
    return made.copied(tmp_path)


def opened(tapes: Taped, keys=None) -> Checked:
    """Check a docket with the key."""
    found = check_docket(tapes.docket)
    rehear(tapes.docket, found, keys or tapes.keys)
    return found


def told(found: Checked) -> str:
    """Return all that doesn't verify, a line each."""
    return "\n".join(f"{one.at}: {one.message}" for one in found.problems)


def test_a_docket_verifies(tapes):
    """Of a docket that nobody touched everything verifies, and is counted."""
    found = opened(tapes)
    assert (found.problems, found.notes) == ([], [])
    assert (found.originals, found.opened, found.seconds) == (2, 2, 12)
    assert found.objects == len([*tapes.docket.held()]) == found.entries - 1
    assert found.names[tapes.held(Recording)[1].ref] == "R2"


def test_a_changed_original_is_named_without_the_key(tapes):
    """The sealed file's digest is in custody: no key is needed to tell a change."""
    path = Originals(tapes.docket).path(tapes.recording().content)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert "R1: its sealed original was changed" in told(check_docket(tapes.docket))


def test_with_the_key_the_seconds_are_named(tapes):
    """What still opens is compared second by second with what was logged."""
    path = Originals(tapes.docket).path(tapes.recording().content)
    content = bytearray(path.read_bytes())
    content[200_000] ^= 1
    path.write_bytes(content)
    assert "blocks 6-11 (0:06 to 0:12)" in told(opened(tapes))


def test_another_sound_sealed_to_the_same_key_is_named(tapes):
    """Anybody can seal to a public key: the blocks tell which seconds are others."""
    samples = SAMPLES.copy()
    samples[RATE * 4 + 7] += 1
    samples[RATE * 6 : RATE * 8] = 0
    sealed = seal(wav(samples), tapes.docket.charter.recipients)
    Originals(tapes.docket).path(tapes.recording().content).write_bytes(sealed)
    found = told(opened(tapes))
    assert (
        "R1: is another original than was received: blocks 4-4 (0:04 to 0:05)" in found
    )
    assert "6-7 (0:06 to 0:08)" in found


def test_a_document_that_is_another_is_named(tapes):
    """A document has no blocks: it is another one as a whole."""
    sealed = seal(b"another", tapes.docket.charter.recipients)
    Originals(tapes.docket).path(tapes.recording(2).content).write_bytes(sealed)
    assert "R2: is another original than was received" in told(opened(tapes))


def test_leaf_hashes_that_were_changed_blame_no_block(tapes):
    """Hashes beside the original that don't give the root are named as themselves."""
    path = Originals(tapes.docket).path(tapes.recording().content, ".blocks")
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    found = opened(tapes)
    assert [one.message.partition(":")[0] for one in found.problems] == [
        "its leaf hashes were changed"
    ]
    path.unlink()
    found = opened(tapes)
    assert (found.problems, len(found.notes), found.opened) == ([], 1, 2)


def test_a_missing_original_is_named(tapes):
    """An original that isn't there, and wasn't destroyed, doesn't verify."""
    Originals(tapes.docket).path(tapes.recording().content).unlink()
    found = opened(tapes)
    assert "R1: its original is missing" in told(found)
    assert found.opened == 1


def test_what_is_destroyed_is_not_missed(tapes):
    """A recording that was destroyed leaves a docket that verifies."""
    destroy(tapes.docket, "R1", by="V1", reason="mistake", time=TIME)
    assert told(opened(tapes)) == ""


def test_what_is_called_destroyed_and_is_there_is_named(tapes):
    """A run that was cut short between entry and original is told, and goes on."""
    held = tapes.held(Recording)[0]
    detail = {"original": held.object.content, "reason": "order"}
    tapes.docket.append([Handling(Custody.DESTROYED, held.ref, tapes.by, detail)], TIME)
    assert "R1: is called destroyed, and still there" in told(
        check_docket(tapes.docket)
    )
    destroy(tapes.docket, "R1", by="V1", reason="order", time=TIME)
    assert told(check_docket(tapes.docket)) == ""


def test_a_payload_that_somebody_erased_is_named(tapes):
    """A mark of erasure that the ledger knows nothing of hides nothing."""
    ref = tapes.held(Recording)[1].ref
    path = tapes.docket.ledger / f"private/payloads/{ref[:2]}/{ref[2:]}"
    path.unlink()
    assert "R2, " in told(check_docket(tapes.docket))
    path.with_name(f"{path.name}.erased").touch()
    found = told(check_docket(tapes.docket))
    assert "R2: was erased, and the ledger doesn't say so" in found


def test_strangers_are_told_and_harm_nothing(tapes):
    """Files that no entry names are notes: an orphan is what a killed run leaves."""
    originals = tapes.docket.folder / "originals"
    (originals / f"{'0' * 64}.age").write_bytes(b"orphan")
    (originals / "readme").write_bytes(b"")
    (originals / "half.part").write_bytes(b"")
    (tapes.docket.folder / f"sealed/{'1' * 64}.age").write_bytes(b"orphan")
    payload = tapes.docket.ledger / f"private/payloads/00/{'0' * 62}"
    payload.parent.mkdir(exist_ok=True)
    payload.write_bytes(b"orphan")
    found = check_docket(tapes.docket)
    notes = "\n".join(found.notes)
    assert (found.problems, len(found.notes)) == ([], 4)
    assert "an original that no entry names" in notes
    assert "add the file again" in notes
    assert "half.part" not in notes


def test_another_charter_is_named(tapes):
    """A docket that calls itself something else, or seals to other keys, is named."""
    path = tapes.docket.folder / "docket.json"
    path.write_text(path.read_text().replace('"tapes"', '"tales"'))
    found = told(check_docket(type(tapes.docket)(tapes.docket.folder)))
    assert "docket.json: names another docket than its ledger" in found
    assert "docket.json: was changed since" in found


def test_a_recording_that_was_logged_without_its_sealing_is_told(tapes):
    """Where no custody names the sealed file, only the key can tell a change."""
    again = msgspec.structs.replace(tapes.recording(), name="again.wav")
    tapes.docket.append([again], TIME)
    found = opened(tapes)
    assert found.notes == ["R3: no custody of its sealing: a change takes the key"]
    assert (found.problems, found.opened) == ([], 3)


@pytest.mark.parametrize("content", [None, b"{}", b"\xb1"])
def test_without_a_ledger_nothing_verifies(tapes, content):
    """A ledger that is gone, or whose charter is damaged, is what doesn't verify."""
    path = tapes.docket.ledger / "private/ledger.json"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert "private/ledger.json" in told(check_docket(tapes.docket))


def test_the_sealed_names_are_checked(tapes):
    """A sealed name that is missing or changed is named by its hand."""
    (path,) = (tapes.docket.folder / "sealed").glob("[0-9a-f]*.age")
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    assert "H1, " in told(check_docket(tapes.docket))
    path.unlink()
    assert "the sealed name is missing" in told(check_docket(tapes.docket))


def test_a_key_that_opens_nothing_is_an_error_of_usage(tapes):
    """The key of names opens no original: nothing is said of the originals then."""
    with pytest.raises(ConfigError, match="opens none of the originals"):
        opened(tapes, tapes.names)


def test_that_all_was_opened_is_logged(tapes):
    """Who has everything opened is in custody, and the docket verifies after it."""
    log(tapes.docket, "Ada", TIME)
    assert tapes.held(Handling)[-1].object.detail == {"for": "verify", "what": "all"}
    assert told(check_docket(tapes.docket)) == ""


def test_a_docket_without_a_word_of_its_keys_is_told(tmp_path, made):
    """Where the ledger says nothing of the charter, that is a note."""
    docket = type(made.docket).found(tmp_path / "bare", made.docket.charter, TIME)
    assert "doesn't say to which keys" in check_docket(docket).notes[0]


def test_another_decoder_is_told_apart_from_a_change(made):
    """Samples that another version of the decoder gives are told as such."""
    recording = made.recording()
    other = remembered(wav(SAMPLES[:RATE]))
    with pytest.raises(ProofError, match="decodes to other samples than were logged"):
        check_sound(recording, other)
    assert recording.sound is not None
    sound = msgspec.structs.replace(recording.sound, decoder="PyAV 1")
    old = msgspec.structs.replace(recording, sound=sound)
    with pytest.raises(ProofError, match="decodes to other samples here"):
        check_sound(old, other)


def test_an_index_that_was_changed_is_named(tapes):
    """Rows that tell what the ledger doesn't are found, though every file fits."""
    with Index(tapes.docket) as index:
        index.database.execute("UPDATE object SET time = 'never' WHERE place = 1")
    (problem,) = check_docket(tapes.docket).problems
    assert str(problem.at) == "index.sqlite"
    assert "tells what the ledger doesn't" in problem.message
    (tapes.docket.folder / "index.sqlite").unlink()
    assert check_docket(tapes.docket).problems == []
