"""Detectors of other packages: found, loaded, asked, and failing by name."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ringfence.egress.detectors import ours, presidio, registry
from ringfence.egress.detectors.detector import Detected, Detector
from ringfence.errors import ConfigError
from tests.house.tree import PROJECT

MODULE = """
class Own:
    name = "own"
    version = "1"
    tags = frozenset({"EMAIL"})
    def detect(self, texts):
        return [], []
DETECTOR = Own()
NUMBER = 5
class Wordless(Own):
    tags = frozenset()
NONE = Wordless()
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that installs a package with entry points."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name: str, points: str, module: str = MODULE) -> None:
        (tmp_path / f"{name}.py").write_text(module, encoding="utf-8")
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8"
        )
        (folder / "entry_points.txt").write_text(
            f"[{registry.GROUP}]\n{points}\n", encoding="utf-8"
        )

    yield install
    for name in [name for name in sys.modules if name.startswith("rf_")]:
        del sys.modules[name]


class Told:
    """A detector that answers what it was told to."""

    name = "told"
    version = "1"
    tags = frozenset({"EMAIL", "PHONE"})

    def __init__(self, rows: object, places: object) -> None:
        self._answer = rows, places

    def detect(self, texts: pl.Series) -> Detected:
        """Return what it was told."""
        del texts
        rows, places = self._answer
        if isinstance(rows, Exception):
            raise rows
        return Detected(np.array(rows), np.array(places))


def test_another_packages_detector_is_found(installed):
    """A package registers a detector as ours are registered; listing imports none."""
    installed("rf_own", "own = rf_own:DETECTOR")
    assert "own" in registry.kinds()
    assert "rf_own" not in sys.modules
    assert registry.detector("own").tags == {"EMAIL"}
    assert isinstance(registry.detector("own"), Detector)


def test_two_packages_may_not_offer_one_name(installed):
    """Which detector looks must not depend on the order of folders."""
    installed("rf_one", "same = rf_one:DETECTOR")
    installed("rf_other", "same = rf_other:DETECTOR")
    with pytest.raises(ConfigError, match="two packages offer the detector `same`"):
        registry.kinds()


def test_an_unknown_name_is_answered_with_the_nearest(installed):
    """A misspelt name is a mistake in the configuration."""
    installed("rf_near", "faces = rf_near:DETECTOR")
    with pytest.raises(ConfigError) as caught:
        registry.detector("facse")
    assert "unknown detector `facse`" in str(caught.value)
    assert "did you mean `faces`?" in str(caught.value)


@pytest.mark.parametrize(
    ("points", "module", "message"),
    [
        ("bad = rf_bad:DETECTOR", "import nothing_like_it", "No module named"),
        ("bad = rf_bad:MISSING", MODULE, "no attribute"),
        ("bad = rf_bad:DETECTOR", "raise RuntimeError", "no reason given"),
        ("bad = rf_bad:NUMBER", MODULE, "`rf_bad:NUMBER` is no detector"),
        ("bad = rf_bad:NONE", MODULE, "`rf_bad:NONE` is no detector"),
    ],
)
def test_a_detector_that_does_not_load_is_an_error(
    points: str, module: str, message: str, installed
):
    """Whatever another package does while it loads is an error that names it."""
    installed("rf_bad", points, module)
    with pytest.raises(ConfigError) as caught:
        registry.detector("bad")
    assert message in str(caught.value)


def test_answers_of_several_detectors_are_joined():
    """A text that two detectors find the same in is found once."""
    texts = pl.Series(["a@b.io", "x", "c@d.io"])
    one, other = Told([2, 2, 1], [0, 0, 1]), ours.DETECTOR
    found = registry.ask([one, other], texts)
    assert {tag: rows.tolist() for tag, rows in found.rows.items()} == {
        "EMAIL": [0, 2],
        "PHONE": [1],
    }
    assert found.failed == ()


@pytest.mark.parametrize(
    ("rows", "places"),
    [(RuntimeError("a@b.io"), []), ([7], [0]), ([-1], [0]), ([0], [2]), ([0, 1], [0])],
)
def test_a_detector_that_fails_leaves_its_name(rows: object, places: object):
    """A failure, or an answer about what isn't there, is no answer; others stand."""
    texts = pl.Series(["a@b.io", "x"])
    found = registry.ask([Told(rows, places), ours.DETECTOR], texts)
    assert found.failed == ("told",)
    assert list(found.rows) == ["EMAIL"]


def test_our_detectors_are_registered():
    """The project's entry points name the modules."""
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    points = tomllib.loads(text)["project"]["entry-points"][registry.GROUP]
    for one in (ours.DETECTOR, presidio.DETECTOR):
        assert points[one.name] == f"{type(one).__module__}:DETECTOR"
