"""Facts files made on the spot, and what an estate makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from ringfence.errors import SourceError
from ringfence.estate.facts import Fact, line
from ringfence.estate.load import FactsFile
from ringfence.estate.store import Estate

NODE = {"at": "x:1", "fact": "node", "id": "person:ann", "source": "hr"}
TRAIT = {
    "at": "x:1",
    "fact": "attribute",
    "id": "person:ann",
    "name": "residence",
    "source": "hr",
    "value": "NO",
}
EDGE = {
    "at": "x:1",
    "fact": "edge",
    "id": "person:ann",
    "name": "member_of",
    "source": "hr",
    "value": "group:dev",
}
SOURCE = {
    "at": "x:1",
    "fact": "source",
    "id": "hr",
    "name": "csv",
    "source": "hr",
    "value": "2022-01-30T00:00:00Z",
}


def written(fact: Mapping[str, object], /, **changes: object) -> str:
    """Return a fact as a canonical line, some keys changed, or left out if None."""
    changed = {k: v for k, v in {**fact, **changes}.items() if v is not None}
    return json.dumps(
        changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def estate(folder: Path, *contents: bytes | str) -> Estate:
    """Return the estate of some facts files, called `0.jsonl` and so on."""
    files = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.jsonl"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        files.append(FactsFile(path.name, path))
    return Estate(files)


def of(folder: Path, facts: Iterable[Fact]) -> Estate:
    """Return the estate of some facts."""
    return estate(folder, b"".join(line(fact) + b"\n" for fact in facts))


def refusal(folder: Path, *contents: bytes | str) -> list[str]:
    """Return what is wrong with some facts files, each with its place."""
    try:
        estate(folder, *contents)
    except SourceError as error:
        return [f"{one.at}: {one.message}" for one in error.problems]
    return []
