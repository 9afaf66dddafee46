"""The sound of statements for a page: logged before it is opened, cut to the sample."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from ringfence.claims.clips import sounds
from ringfence.docket.folder import Docket
from ringfence.docket.founding import KEY, drawn, found
from ringfence.docket.intake import Intake, Terms
from ringfence.docket.objects import RATE, Handling, Reviewer, Span, Statement
from ringfence.docket.originals import Originals
from ringfence.docket.sealing import read_identities
from ringfence.docket.words import Form, Grade
from ringfence.errors import ConfigError, ProofError
from tests.contesting import NOW

SAMPLES = (np.sin(np.arange(4 * RATE) / 20) * 9_000).astype("<i2")


def taped(folder: Path) -> Docket:
    """Return a docket with a sound of four seconds, a paper, and three statements."""
    docket = found(folder / "docket", "case", drawn(folder / "keys"), NOW)
    with wave.open(str(folder / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(SAMPLES.tobytes())
    (folder / "b.txt").write_text("page 1")
    (ada,) = docket.append([Reviewer("Ada")], NOW)
    with Intake.of(docket) as intake:
        terms = Terms(ada.ref, Grade.FIRST)
        sound = intake.add(folder / "a.wav", terms, NOW).held.ref
        paper = intake.add(
            folder / "b.txt", Terms(ada.ref, Grade.FIRST, form=Form.DOCUMENT), NOW
        ).held.ref
    statements = [
        Statement(sound, "one", Span(RATE, 2 * RATE + 5)),
        Statement(sound, "two", Span(0, 7)),
        Statement(paper, "three", passage="page 1"),
    ]
    docket.append(statements, NOW)
    return docket


def steps(docket: Docket) -> list[str]:
    """Return what was done with what is kept, in order."""
    return [
        str(held.object.step)
        for held in docket.held()
        if isinstance(held.object, Handling)
    ]


def test_clips_are_cut_to_the_sample_and_logged(tmp_path):
    """Each clip holds its span and nothing else; that it leaves is in the ledger."""
    docket = taped(tmp_path)
    before = steps(docket)
    told: list[str] = []
    taken = sounds(
        docket,
        ["S1", "S2", "S3", "S1"],
        identities=read_identities(tmp_path / "keys" / KEY),
        by="V1",
        time=NOW,
        progress=told.append,
    )
    assert {*taken.clips} == {"S1", "S2"}
    assert {*taken.missing} == {"S3"}
    assert told == ["decoding for S1"]
    with wave.open(io.BytesIO(taken.clips["S1"])) as file:
        content = file.readframes(file.getnframes())
    assert content == SAMPLES[RATE : 2 * RATE + 5].tobytes()
    assert steps(docket)[len(before) :] == ["decrypted", "exported"] * 2


def test_nothing_is_opened_for_whom_nobody_knows(tmp_path):
    """Without a reviewer nothing is logged, so nothing is opened."""
    docket = taped(tmp_path)
    before = steps(docket)
    keys = read_identities(tmp_path / "keys" / KEY)
    with pytest.raises(ConfigError):
        sounds(docket, ["S1"], identities=keys, by="Zoe", time=NOW)
    assert steps(docket) == before


def test_a_changed_original_gives_no_clip(tmp_path):
    """What isn't what was received is played to nobody."""
    docket = taped(tmp_path)
    originals = Originals(docket)
    for name in originals.names():
        path = originals.path(name)
        content = bytearray(path.read_bytes())
        content[-20] ^= 1
        path.write_bytes(content)
    keys = read_identities(tmp_path / "keys" / KEY)
    with pytest.raises(ProofError):
        sounds(docket, ["S1"], identities=keys, by="V1", time=NOW)
