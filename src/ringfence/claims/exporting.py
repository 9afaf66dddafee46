"""A scene in the languages of other engines, as files: for those who run one already.

Each file is what its compiler makes of the scene. It speaks of the scene's stretch of
time alone, and has to be made anew before that ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import get_args

from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Scene, digest
from ringfence.boundary.status import Status
from ringfence.documents.located import nearest
from ringfence.errors import ConfigError, Locus, printable
from ringfence.gate.compile.cedar import cedar
from ringfence.gate.compile.masks import Dialect
from ringfence.gate.compile.rego import rego
from ringfence.gate.compile.sql import residual
from ringfence.gate.compile.trino import trino_rules

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
_STRANGER = "person:"  # nobody's id: whoever may be excluded


def exported(scene: Scene, language: str, dialect: str) -> Mapping[str, bytes]:
    """Return the files of a scene in a language, by their names.

    Args:
        scene: The scene.
        language: One of `LANGUAGES`.
        dialect: For `sql`: one of `DIALECTS`.

    Raises:
        ConfigError: There is no such language, or it can't say what the scene says.
    """
    if language not in LANGUAGES:
        message = f"there is no export to `{language}`"
        raise ConfigError(message, Locus("--to"), nearest(language, LANGUAGES))
    found = next((one for one in DIALECTS if one == dialect), None)
    if found is None:
        message = f"there is no dialect `{dialect}`"
        raise ConfigError(message, Locus("--dialect"), nearest(dialect, DIALECTS))
    return dict(LANGUAGES[language](scene, found))


_Files = Iterator[tuple[str, bytes]]


def _rego(scene: Scene, _dialect: Dialect) -> _Files:
    rules, data = rego(scene)
    yield "decision.rego", rules.encode()
    yield "data.json", data


def _cedar(scene: Scene, _dialect: Dialect) -> _Files:
    rules, entities = cedar(scene)
    yield "decision.cedar", rules.encode()
    yield "entities.json", entities


def _trino(scene: Scene, _dialect: Dialect) -> _Files:
    yield "rules.json", trino_rules(scene, scene.since)


def _sql(scene: Scene, dialect: Dialect) -> _Files:
    """Yield which rows of each protected dataset whoever is excluded may read."""
    lines = [
        f"-- scene {digest(scene)}, {dialect}: until {scene.until}",
        "-- the rows that somebody may read who is, or may be, excluded",
    ]
    for dataset, known in scene.datasets.items():
        if max([known.status, *known.columns.values()]) is not Status.NO:
            asked = Request(_STRANGER, "read", dataset)
            condition = residual(scene, asked, scene.since, dialect=dialect)
            lines += [f"-- {printable(dataset)}", condition]
    yield "rows.sql", ("\n".join(lines) + "\n").encode()


LANGUAGES: Mapping[str, Callable[[Scene, Dialect], _Files]] = {
    "rego": _rego,
    "cedar": _cedar,
    "sql": _sql,
    "trino": _trino,
}
