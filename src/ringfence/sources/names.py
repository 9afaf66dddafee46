"""Ids of nodes, made the same way by every source, so that facts join."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ringfence.boundary.vocabulary import NODE_KINDS
from ringfence.documents.located import Located, Reader, describe, nearest
from ringfence.errors import Locus


def person(name: str) -> str:
    """Return a person's id: one login in whatever case it was written."""
    folded = unicodedata.normalize("NFC", name.strip().casefold())
    return f"person:{folded}"


def legal_entity(name: str) -> str:
    """Return a legal entity's id, for a name with or without the kind before it."""
    return f"legal_entity:{name.strip().removeprefix('legal_entity:').strip()}"


def dataset_and_store(
    reader: Reader, value: Located | None, what: str
) -> tuple[str, str] | None:
    """Return the ids of a dataset and its store, for `warehouse/public.users`."""
    name = reader.text(value, what)
    if value is None or name is None:
        return None
    store, slash, relation = name.partition("/")
    if not (store and slash and "." in relation) or store.startswith("dataset:"):
        hint = "write `<store>/<schema>.<relation>`, as in `warehouse/public.orders`"
        reader.note(f"{what} `{name}` names no dataset", value.at, hint)
        return None
    return f"dataset:{name}", f"store:{store}"


def bare(reader: Reader, value: Located | None, what: str) -> str | None:
    """Return a name of which the kind is clear from where it stands."""
    name = reader.text(value, what)
    if value is None or name is None:
        return None
    kind, _, rest = name.partition(":")
    if kind in NODE_KINDS:
        hint = f"write `{rest}`: the kind is clear from the place"
        reader.note(f"{what} `{name}` begins with a kind", value.at, hint)
        return None
    return name.strip()


def bares(reader: Reader, value: Located | None, what: str) -> list[tuple[str, Locus]]:
    """Return a list of such names with their places; one alone counts as a list."""
    found = ((bare(reader, part, what), part.at) for part in _parts(value))
    return [(name, at) for name, at in found if name is not None]


def reference(
    reader: Reader, value: Located | None, kinds: Sequence[str], what: str
) -> str | None:
    """Return an id that names its kind, which has to be one of `kinds`."""
    text = reader.text(value, what)
    if value is None or text is None:
        return None
    kind, colon, name = text.partition(":")
    if not colon or kind not in kinds:
        found = f"{what} can't be `{text}`" if colon else f"`{text}` says no kind"
        hint = "begin with " + " or ".join(f"`{each}:`" for each in kinds)
        close = nearest(kind, kinds) if colon and len(kinds) > 2 else None  # noqa: PLR2004
        reader.note(found, value.at, close if close and "mean" in close else hint)
        return None
    if not name.strip():
        reader.note(f"`{text}` names nobody", value.at, f"write `{kind}:<name>`")
        return None
    return person(name) if kind == "person" else text.strip()


def references(
    reader: Reader, value: Located | None, kinds: Sequence[str], what: str
) -> list[tuple[str, Locus]]:
    """Return a list of such ids with their places; one alone counts as a list."""
    found = ((reference(reader, part, kinds, what), part.at) for part in _parts(value))
    return [(id_, at) for id_, at in found if id_ is not None]


def _parts(value: Located | None) -> list[Located]:
    if value is None or value.data is None:
        return []
    return value.data if isinstance(value.data, list) else [value]


def sections(
    reader: Reader, document: Located, known: Sequence[str], what: str
) -> dict[str, list[Located]]:
    """Return the lists that stand under the known keys of a document."""
    if not isinstance(document.data, dict):
        reader.note(f"{what} must be a mapping, not {describe(document)}", document.at)
        return {}
    found = reader.fields(document, optional=known, what=what)
    return {
        key: reader.each(value, lambda item: item, f"`{key}`")
        for key, value in found.items()
        if value.data is not None
    }
