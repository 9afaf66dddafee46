"""Names that installed packages offer: listed, loaded, and wrong in any way."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ringfence.documents.plugins import Plugins
from ringfence.errors import ConfigError, Locus, SourceError

GROUP = "ringfence.tests"
PETS = Plugins(
    GROUP, "kind of pet", "pet", ("name", "legs"), fits=lambda one: one.legs > 0
)
AT = Locus("boundary.yaml", 3)
MODULE = """
class Pet:
    name, legs = "cat", 4
PET, NUMBER = Pet(), 5
class Fish(Pet):
    legs = 0
FISH = Fish()
class Shy(Pet):
    @property
    def name(self):
        raise RuntimeError("shy\x1b")
SHY = Shy()
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
            f"[{GROUP}]\n{points}\n", encoding="utf-8"
        )

    yield install
    for name in [name for name in sys.modules if name.startswith("rf_")]:
        del sys.modules[name]


def test_a_name_is_loaded_when_it_is_asked_for(installed):
    """Names are listed in order, and no module is imported for that."""
    installed("rf_pets", "tom = rf_pets:PET\nbob = rf_pets:PET")
    assert [*PETS.kinds()] == ["bob", "tom"]
    assert "rf_pets" not in sys.modules
    assert PETS.load("tom").legs == 4


def test_the_same_twice_is_one(installed):
    """Two packages may offer the same thing under one name, and no other."""
    installed("rf_pets", "tom = rf_pets:PET")
    installed("rf_again", "tom = rf_pets:PET")
    assert [*PETS.kinds()] == ["tom"]
    installed("rf_other", "tom = rf_other:PET")
    with pytest.raises(ConfigError, match="two packages offer the kind of pet `tom`"):
        PETS.kinds()


@pytest.mark.parametrize(
    ("name", "plugins", "hint"),
    [
        ("tmo", PETS, "did you mean `tom`?"),
        ("x", PETS, "one of `tom`"),
        ("x", Plugins("ringfence.none", "kind of pet", "pet", ()), "are: none"),
        ("x", Plugins("ringfence.none", "kind of pet", "pet", (), listed="l"), "l"),
    ],
)
def test_what_nobody_offers(installed, name: str, plugins: Plugins, hint: str):
    """A misspelt name is a mistake of the configuration, with a place and a hint."""
    installed("rf_pets", "tom = rf_pets:PET")
    with pytest.raises(ConfigError, match=f"unknown kind of pet `{name}`") as caught:
        plugins.load(name, AT)
    (problem,) = caught.value.problems
    assert problem.at == AT
    assert (problem.hint or "").endswith(hint)


@pytest.mark.parametrize(
    ("point", "module", "says"),
    [
        ("PET", "import nothing_like_it", "can't be loaded: No module named"),
        ("PET", "raise RuntimeError", "can't be loaded: no reason given"),
        ("SHY", MODULE, r"can't be loaded: shy\\x1b"),
        ("MISSING", MODULE, "no attribute"),
        ("NUMBER", MODULE, "`rf_bad:NUMBER` is no pet"),
        ("FISH", MODULE, "`rf_bad:FISH` is no pet"),
    ],
)
@pytest.mark.parametrize("fault", [ConfigError, SourceError])
def test_what_does_not_load(installed, point: str, module: str, says: str, fault):
    """Whatever another package does is one error, of the kind that was asked for."""
    installed("rf_bad", f"bad = rf_bad:{point}", module)
    plugins = Plugins(GROUP, "pet", "pet", PETS.parts, fits=PETS.fits, fault=fault)
    with pytest.raises(fault, match=says) as caught:
        plugins.load("bad", AT)
    assert caught.value.problems[0].at == AT
