"""Engines are found by name, say what they need, and what model they have."""

from __future__ import annotations

import importlib.util
import subprocess
from importlib.metadata import EntryPoint

import pytest

from ringfence.docket.transcripts import engine as room
from ringfence.docket.transcripts.engine import digest, engine, engines, second
from ringfence.documents import plugins
from ringfence.errors import ConfigError
from tests.listening import Stub

MISSING = {
    "whisper": ("faster_whisper", "speech"),
    "moonshine": ("moonshine_voice", "speech2"),
}


def broken(_model, _language):
    raise ValueError("no such chip\nand more")


def nothing(_model, _language):
    return object()


def stub(_model, language):
    found = Stub()
    found.parameters["language"] = language
    return found


@pytest.fixture
def offered(monkeypatch):
    """Offer engines as another package would."""

    def offer(**named):
        points = [EntryPoint(name, value, room.GROUP) for name, value in named.items()]
        monkeypatch.setattr(plugins, "entry_points", lambda **_: points)

    return offer


@pytest.mark.parametrize("name", sorted(MISSING))
def test_a_missing_extra_is_one_clear_error(name):
    """Whoever lacks an engine's packages is told the line that installs them."""
    module, extra = MISSING[name]
    if importlib.util.find_spec(module) is not None:
        pytest.skip(f"{module} is installed here")
    with pytest.raises(ConfigError) as raised:
        engine(name)
    (problem,) = raised.value.problems
    assert problem.message == f"the engine `{name}` needs `{module}`, not installed"
    assert problem.hint == f'pip install "ringfence[{extra}]"'


def test_both_engines_are_offered():
    """Ours are found by name, as anybody's are."""
    assert set(engines()) >= {"moonshine", "whisper"}


def test_an_unknown_engine_names_those_that_are_there():
    """A slip of the pen is answered with the nearest name."""
    with pytest.raises(ConfigError, match="unknown engine `whispr`") as raised:
        engine("whispr")
    assert raised.value.problems[0].hint == "did you mean `whisper`?"


def test_an_engine_of_another_package_is_taken(offered):
    """Whoever registers an engine can name it, and it is told the language."""
    offered(other=f"{__name__}:stub")
    assert engine("other", None, "de").parameters == {"language": "de"}


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (broken, "the engine `other` can't be loaded: no such chip"),
        (nothing, "`a:b` makes no engine"),
    ],
)
def test_a_broken_engine_is_an_error_that_names_it(monkeypatch, made, told):
    """Whatever becomes of another package's engine is one line, and no traceback."""

    class Point(EntryPoint):
        def load(self):
            return made

    point = Point("other", "a:b", room.GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda **_: [point])
    with pytest.raises(ConfigError) as raised:
        engine("other")
    assert raised.value.problems[0].message == told


def test_two_packages_under_one_name_are_an_error(monkeypatch):
    """Nobody is served by chance: which of two engines is meant has to be clear."""
    values = ("ringfence.docket.transcripts.whisper:opened", "elsewhere:opened")
    points = [EntryPoint("whisper", value, room.GROUP) for value in values]
    monkeypatch.setattr(plugins, "entry_points", lambda **_: points)
    with pytest.raises(ConfigError, match="two packages offer the engine `whisper`"):
        engines()


def test_a_digest_is_what_sha256sum_gives(tmp_path):
    """Anybody can compute the digest of a model with the system's own program."""
    (tmp_path / "sub").mkdir()
    for name in ("model.bin", "Config.json", "sub/vocabulary.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    script = (
        "find . -type f | sed 's|^./||' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    )
    run = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, check=True, text=True
    )
    assert digest(tmp_path) == run.stdout.split()[0]


def test_an_empty_folder_is_no_model(tmp_path):
    """A folder without a file is told, and gets no digest."""
    with pytest.raises(ConfigError, match="holds no model"):
        digest(tmp_path)


def test_an_engine_is_no_second_opinion_on_itself():
    """An engine agrees with itself on every word: that would mark nothing."""
    with pytest.raises(ConfigError, match="is the first engine"):
        second("stub", Stub())


def test_without_a_second_engine_there_is_none():
    """Who asks for none gets none, nor does the usual second one get itself."""
    assert second("none", Stub()) is None
    assert second("auto", Stub("moonshine")) is None


def test_the_usual_second_engine_is_taken_if_it_is_there(monkeypatch):
    """`auto` means the usual one, and without it nobody, and not an error."""
    usual = Stub("moonshine")
    monkeypatch.setattr(room, "engine", lambda *_: usual)
    assert second("auto", Stub()) is usual

    def missing(*_):
        raise ConfigError("it isn't installed")

    monkeypatch.setattr(room, "engine", missing)
    assert second("auto", Stub()) is None
