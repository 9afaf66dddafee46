"""Arrays of any type, as few types as the inspection tells apart."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

Leaf = tuple[str, pa.Array, pa.Array | None]


def escaped(name: str) -> str:
    """Return a name as a part of a pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def leaf_of(array: pa.Array, rows: pa.Array | None, at: str) -> Iterator[Leaf]:
    """Yield the innermost arrays of an array, with their pointers and rows.

    `rows` holds the row of each value; None: they are the places.
    """
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        yield from leaf_of(array.storage, rows, at)
    elif pa.types.is_dictionary(kind):
        yield from leaf_of(array.dictionary_decode(), rows, at)
    elif pa.types.is_struct(kind):
        for number, field in enumerate(kind):
            inner = pc.struct_field(array, [number])
            yield from leaf_of(inner, rows, f"{at}/{escaped(field.name)}")
    elif pa.types.is_nested(kind):
        yield from _listed(array, rows, at)
    else:
        yield at, array, rows


def _listed(array: pa.Array, rows: pa.Array | None, at: str) -> Iterator[Leaf]:
    """Yield the innermost arrays of lists and maps."""
    kind = array.type
    if pa.types.is_map(kind):
        fields = [pa.field("key", kind.key_type), pa.field("value", kind.item_type)]
        array = array.cast(pa.list_(pa.struct(fields)))
    elif pa.types.is_fixed_size_list(kind):
        array = array.cast(pa.list_(kind.value_type))
    parents = pc.list_parent_indices(array)
    own = parents.cast(pa.int64()) if rows is None else rows.take(parents)
    yield from leaf_of(pc.list_flatten(array), own, f"{at}/*")


def plain(array: pa.Array) -> tuple[str, pa.Array | None]:
    """Return what an innermost array is, and its values as few types have them."""
    if array.null_count == len(array):
        return "empty", None
    types = pa.types
    for is_one, name, cast in (
        (types.is_boolean, "boolean", None),
        (types.is_temporal, "time", None),
        (types.is_integer, "integer", array.type),
        (types.is_floating, "number", pa.float64()),
        (types.is_decimal, "decimal", pa.large_string()),
    ):
        if is_one(array.type):
            return name, None if cast is None else array.cast(cast)
    kinds = (types.is_string, types.is_large_string, types.is_string_view)
    if any(is_one(array.type) for is_one in kinds):
        try:
            array.validate(full=True)
        except pa.ArrowInvalid:  # no UTF-8, whatever its schema says
            return "binary", array.cast(pa.large_binary())
        return "text", array.cast(pa.large_string())
    return "binary", array.cast(pa.large_binary())
