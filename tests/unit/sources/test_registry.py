"""Kinds of source: ours and other packages', loaded when they are asked for."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from ringfence.errors import ConfigError, SourceError
from ringfence.sources import registry
from tests.unit.sources.reading import SOURCES

PROJECT = Path(__file__).parents[3]
MODULE = """
class Own:
    kind = "own"
    summary = "our own"
    options = ()

    def read(self, order):
        return None

SOURCE = Own()
NUMBER = 7
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


def test_another_packages_source_is_found(installed):
    """A package registers a kind as ours are registered."""
    installed("rf_own", "own = rf_own:SOURCE")
    assert "own" in registry.kinds()
    assert registry.source("own").summary == "our own"


def test_listing_kinds_imports_none_of_them(installed):
    """A kind's module is imported when the kind is asked for."""
    installed("rf_lazy", "lazy = rf_lazy:SOURCE")
    assert "lazy" in registry.kinds()
    assert "rf_lazy" not in sys.modules


def test_kinds_stand_in_order(installed):
    """Kinds are listed by name, so that two runs list them alike."""
    installed("rf_two", "zeta = rf_two:SOURCE\nalpha = rf_two:SOURCE")
    found = list(registry.kinds())
    assert found == sorted(found)


def test_an_unknown_kind_is_answered_with_the_nearest(installed):
    """A misspelt kind is a mistake in the configuration."""
    installed("rf_near", "people-table = rf_near:SOURCE")
    with pytest.raises(ConfigError) as caught:
        registry.source("people-tabel")
    assert str(caught.value) == (
        "unknown kind of source `people-tabel`\n  help: did you mean `people-table`?"
    )


def test_two_packages_may_not_offer_one_kind(installed):
    """Which of two sources would be read must not depend on the order of folders."""
    installed("rf_one", "same = rf_one:SOURCE")
    installed("rf_other", "same = rf_other:SOURCE")
    with pytest.raises(
        ConfigError, match="two packages offer the kind of source `same`"
    ):
        registry.kinds()


@pytest.mark.parametrize(
    ("points", "module", "message"),
    [
        ("bad = rf_bad:SOURCE", "import nothing_like_it", "No module named"),
        ("bad = rf_bad:MISSING", MODULE, "no attribute"),
        ("bad = rf_bad:SOURCE", "raise RuntimeError", "no reason given"),
        ("bad = rf_bad:NUMBER", MODULE, "`rf_bad:NUMBER` is no source"),
    ],
)
def test_a_source_that_does_not_load_is_unread(
    points: str, module: str, message: str, installed
):
    """Whatever another package does while it loads is a clear error of that source."""
    installed("rf_bad", points, module)
    with pytest.raises(SourceError) as caught:
        registry.source("bad")
    assert message in str(caught.value)


def test_every_kind_of_ours_is_registered():
    """The project's entry points name the modules and their kinds."""
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    points = tomllib.loads(text)["project"]["entry-points"][registry.GROUP]
    for kind, source in SOURCES.items():
        module = type(source).__module__.removesuffix(".reading")
        assert points[kind] == f"{module}:SOURCE"
