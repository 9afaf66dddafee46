"""A scene as files for other engines: what the compilers make of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.model import Gate, Rows
from ringfence.claims.case import Case
from ringfence.claims.exporting import DIALECTS, LANGUAGES, exported
from ringfence.claims.gating import scene_of
from ringfence.errors import ConfigError
from ringfence.gate.compile.cedar import cedar
from ringfence.gate.compile.rego import rego
from ringfence.gate.compile.trino import trino_rules
from tests.asked import FACTS
from tests.estates import AS_OF, attribute, boundary, described, estate


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Return a scene whose table tells its rows apart by a column."""
    rows = (Rows(("w/a.users",), "country", ("US",)),)
    fence = replace(boundary(), gate=Gate(("in-china",), rows=rows))
    facts = [*FACTS, attribute("column:w/a.other.note", "tag", "none")]
    return scene_of(Case(estate(tmp_path, described(facts)), fence, AS_OF))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_scene_is_written_as_its_compiler_writes_it(language: str, scene: Scene):
    """Byte for byte, under names that say what they are."""
    found = exported(scene, language, "postgres")
    rules, data = rego(scene)
    permits, entities = cedar(scene)
    wanted = {
        "rego": {"decision.rego": rules.encode(), "data.json": data},
        "cedar": {"decision.cedar": permits.encode(), "entities.json": entities},
        "trino": {"rules.json": trino_rules(scene, scene.since)},
    }
    if language in wanted:
        assert found == wanted[language]
    assert all(content for content in found.values())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_rows_that_remain_are_a_condition_for_each_protected_dataset(
    dialect: str, scene: Scene
):
    """Datasets of which nothing is protected have none."""
    lines = exported(scene, "sql", dialect)["rows.sql"].decode().splitlines()
    assert lines[0].endswith(f"{dialect}: until {scene.until}")
    assert lines[2] == "-- dataset:w/a.users"
    assert len(lines) == 4
    assert "country" in lines[3]
    assert "US" in lines[3]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("regu", "postgres"), r"--to: there is no export to `regu`\n  help: did you"),
        (("sql", "oracle"), "--dialect: there is no dialect `oracle`"),
    ],
)
def test_what_there_is_no_compiler_for_is_an_error(
    words: tuple[str, str], message: str, scene: Scene
):
    """It says what there is."""
    with pytest.raises(ConfigError, match=message):
        exported(scene, *words)
