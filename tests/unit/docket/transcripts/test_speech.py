"""The engines themselves, on real speech: only where the extras are installed."""

from __future__ import annotations

import os
import re
import socket
import sys

import pytest

from ringfence.docket.audio.decoding import decoded
from ringfence.docket.objects import RATE, Transcript
from ringfence.docket.transcripts.doubt import in_doubt, plain
from ringfence.docket.transcripts.engine import engine
from ringfence.docket.transcripts.running import Listeners, listened
from ringfence.errors import ConfigError

pytest.importorskip("faster_whisper", reason="the extra `speech` is not installed here")
pytest.importorskip("moonshine_voice", reason="`speech2` is not installed here")

SAID = (
    "And so my fellow Americans ask not what your country can do for you"
    " ask what you can do for your country"
)
# Of the native code that is imported, not of ours.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def offline(monkeypatch):
    """Fail whatever opens a connection."""

    def refused(*_, **__):
        raise AssertionError("something opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.fixture
def speech(peer_data):
    return decoded((peer_data / "audio" / "jfk.flac").read_bytes()).samples


def heard(folder, samples, *engines):
    kept: list[Transcript] = []
    listened(folder, "0" * 64, samples, Listeners(*engines), keep=kept.append)
    return kept[0]


@pytest.mark.peer
@pytest.mark.usefixtures("offline")
def test_a_famous_sentence_is_written_down_without_a_network(tmp_path, speech):
    """The default engine writes down every word, and opens no connection for it."""
    one = heard(tmp_path, speech, engine("whisper"))
    assert [part for word in one.words for part in plain(word.text)] == [*plain(SAID)]
    assert all(word.prob is not None for word in one.words)
    assert one.words[-1].end <= len(speech)
    assert re.fullmatch(r"tiny\.en:[0-9a-f]{64}", one.origin.model)


@pytest.mark.peer
@pytest.mark.usefixtures("offline")
def test_two_engines_agree_on_what_is_clear(tmp_path, speech):
    """On clear speech few words are in doubt, and each was compared."""
    one = heard(tmp_path, speech, engine("whisper"), engine("moonshine"))
    assert all(word.agrees is not None for word in one.words)
    assert sum(map(in_doubt, one.words)) <= len(one.words) / 4


@pytest.mark.peer
def test_the_same_sound_gives_the_same_transcript(tmp_path, speech):
    """Nothing of a transcript is drawn at random."""
    first, again = (
        heard(tmp_path, speech[: 5 * RATE], engine("whisper"), engine("moonshine"))
        for _ in range(2)
    )
    assert first == again


def test_a_folder_that_holds_no_model_is_told(tmp_path):
    """A model that isn't there is an error, and never fetched."""
    with pytest.raises(ConfigError, match=r"holds no `model\.bin`"):
        engine("whisper", tmp_path)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="is no model that Whisper can load"):
        engine("whisper", tmp_path)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("whisper", "the model doesn't know the language `de`"),
        ("moonshine", "the engine `moonshine` hears English alone, not `de`"),
    ],
)
def test_a_language_that_nobody_hears_is_told(name, told):
    """An English model isn't let loose on German."""
    with pytest.raises(ConfigError, match=re.escape(told)):
        engine(name, None, "de")


def test_the_model_hub_is_told_to_stay_offline(monkeypatch):
    """What could fetch a model is told not to, whatever the environment says."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    engine("whisper")

    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert "faster_whisper" in sys.modules
