"""What a request touches of what is protected, and whose rows those are.

Found once for each resource and choice of columns, and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ringfence.boundary.decision.scene import Dataset, Marker, Scene
from ringfence.boundary.model import Mask
from ringfence.boundary.status import Status

Row = Mapping[str, str | None]
_STRANGER = Dataset(status=Status.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Touch:
    """What one resource, and the columns that are named of it, come to.

    Attributes:
        columns: Bare names of the columns that are, or may be, protected.
        ids: Their ids, as exceptions name them.
        markers: Which rows are of the population, for each dataset that is touched;
            None: of some dataset, every one is.
        rows: The rows to leave out, where that is enough.
        masks: What hides every column that is touched; None where something can't be.
        asked: What needs a grant: ids of datasets, each with a column's or nothing.
    """

    columns: tuple[str, ...]
    ids: frozenset[str]
    markers: tuple[Marker, ...] | None
    rows: Marker | None
    masks: Mapping[str, Mask] | None
    asked: tuple[tuple[str, str], ...]


def touch(scene: Scene, resource: str, columns: tuple[str, ...]) -> Touch:
    """Return what is touched of a resource."""
    wholes = _datasets(scene, resource, columns)
    found = [
        (whole, dataset, name)
        for whole, dataset, names in wholes
        for name in _protected(dataset, names)
    ]
    first = found[0][1] if found else _STRANGER
    is_one = all(whole == found[0][0] for whole, _, _ in found)
    names = tuple(name for _, _, name in found)
    is_masked = is_one and first.masks.keys() >= {*names}
    return Touch(
        names,
        frozenset(f"{whole.partition(':')[2]}.{name}" for whole, _, name in found),
        _markers([dataset for _, dataset, _ in found]),
        first.rows if is_one else None,
        {name: first.masks[name] for name in names} if is_masked else None,
        tuple(
            (whole, f"column:{whole.partition(':')[2]}.{name}" if name else "")
            for whole, dataset, named in wholes
            for name in named or dataset.columns or ("",)
        ),
    )


def is_other(markers: tuple[Marker, ...] | None, row: Row) -> bool:
    """Return whether a row is surely of nobody in the population."""
    return markers is not None and all(
        (value := row.get(one.column)) is not None and value not in one.values
        for one in markers
    )


def _datasets(
    scene: Scene, resource: str, columns: tuple[str, ...]
) -> list[tuple[str, Dataset, tuple[str, ...]]]:
    """Return the datasets of a resource: id, dataset, columns that are named."""
    kind, _, name = resource.partition(":")
    found = [(resource, columns)]
    if kind == "column":
        bare, _, column = name.rpartition(".")
        found = [(f"dataset:{bare}", (column,))]
    elif kind == "store" and scene.stores.get(resource):
        found = [(one, ()) for one in scene.stores[resource]]
    return [
        (whole, scene.datasets.get(whole, _STRANGER), names) for whole, names in found
    ]


def _protected(dataset: Dataset, names: tuple[str, ...]) -> list[str]:
    """Return the columns that are, or may be, protected; one may have no name."""
    nameless = [] if dataset.status is Status.NO else [""]
    return nameless + [
        name
        for name in names or dataset.columns
        if dataset.columns.get(name, Status.UNKNOWN) is not Status.NO
    ]


def _markers(datasets: list[Dataset]) -> tuple[Marker, ...] | None:
    found = [dataset.rows for dataset in datasets]
    if None in found:
        return None
    return tuple(dict.fromkeys(one for one in found if one is not None))
