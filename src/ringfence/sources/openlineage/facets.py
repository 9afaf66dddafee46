"""Column facets: inputs of each output column, direct or indirect, masked or not."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.documents.located import Located, Reader
from ringfence.sources.openlineage.model import Facet, Input
from ringfence.sources.openlineage.naming import name_of

_UNSAID = "the producer doesn't say which column"
_NO_DATASET = "the producer doesn't say of which dataset"


def column_facet(reader: Reader, value: Located, since: str) -> Facet | None:
    """Return a column facet; None when it is empty, or was deleted."""
    deleted = value.get("_deleted")
    if not isinstance(value.data, dict) or (deleted is not None and deleted.data):
        return None
    fields = value.get("fields")
    if fields is not None and fields.data is None:
        fields = None
    found = {
        column: tuple(_inputs(reader, entry))
        for column, entry in reader.entries(fields, "`fields`").items()
    }
    dataset = value.get("dataset")
    rows = tuple(_listed(reader, dataset, is_direct=False))
    if not found and not rows:
        return None
    return Facet(found, rows, value.at, since)


def _inputs(reader: Reader, entry: Located) -> Iterator[Input]:
    """Yield the inputs of one output column."""
    if not isinstance(entry.data, dict):
        reader.note("a column's lineage must be an object", entry.at)
        return
    legacy = entry.get("transformationType")
    masked = legacy is not None and legacy.text().upper() == "MASKED"
    for one in _listed(reader, entry.get("inputFields"), is_direct=True):
        yield one._replace(is_masked=one.is_masked or masked)


def _listed(
    reader: Reader, value: Located | None, *, is_direct: bool
) -> Iterator[Input]:
    if value is None or value.data is None:
        return
    for part in reader.each(value, lambda item: item, "`inputFields`"):
        if not isinstance(part.data, dict):
            reader.note("an input column must be an object", part.at)
            continue
        yield from _ways(part, is_direct=is_direct)


def _ways(part: Located, *, is_direct: bool) -> Iterator[Input]:
    """Yield the ways in which one input counts: each transformation is one."""
    name, column = name_of(part), part.get("field")
    field = column.text() if column is not None else ""
    unknown = ""
    if name is None:
        unknown = _NO_DATASET
    elif not field.strip() and is_direct:
        unknown = _UNSAID
    stated = part.get("transformations")
    transformations = stated.items() if stated is not None else []
    if not transformations:
        yield Input(name, field, is_direct, is_masked=False, unknown=unknown)
    for one in transformations:
        kind = one.get("type")
        word = kind.text().upper() if kind is not None else ""
        masking = one.get("masking")
        odd = "" if word in ("DIRECT", "INDIRECT") else _odd(word)
        yield Input(
            name,
            field,
            word != "INDIRECT" and (is_direct or word == "DIRECT"),
            masking is not None and masking.data is True,
            unknown or odd,
        )


def _odd(word: str) -> str:
    if not word:
        return "a transformation has no type"
    return f"a transformation of type `{word}` isn't known"
