"""Strict reading: what hasn't its one canonical form and its shape is refused.

Canonical JSON (sorted keys, no blanks) rules out duplicate keys, NaN, byte-order marks
and two spellings of one fact at a stroke. `shapes.txt` has all shapes and closed lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

Json = dict[str, Any]
_table = Path(__file__).with_name("shapes.txt").read_text("utf-8").strip()
SHAPES = {
    name: dict(field.split(":", 1) for field in fields)
    for name, *fields in map(str.split, re.split(r"\n(?! )", _table))
}
# Of each kind of edge: its grade, and what flows along it.
EDGES = {kind: tuple(text.split("/")) for kind, text in SHAPES["edges"].items()}
VERBS = SHAPES["leaves"]["verb"].split("|")
_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


class RefusedError(Exception):
    """Something doesn't verify; the message names the offence, exhibits show it."""

    def __init__(self, offence: str, **exhibits: str) -> None:
        super().__init__(offence)
        self.exhibits = exhibits


class Fact(NamedTuple):
    """One line of the estate; absent keys are empty."""

    at: str
    fact: str
    id: str
    source: str
    name: str = ""
    value: str = ""
    verb: str = ""
    control: str = ""
    unknown: str = ""
    since: str = ""
    until: str = ""
    guard: str = ""  # the condition's canonical JSON
    detail: dict[str, str] = {}  # noqa: RUF012 - nobody writes to it
    needs: Sequence[str] = ()


def need(holds: object, offence: str, **exhibits: str) -> None:
    """Refuse with this offence unless it holds."""
    if not holds:
        raise RefusedError(offence, **exhibits)


def content_of(path: Path, most: int) -> bytes:
    """Return what a file holds. Nobody waits for a pipe, or fills memory with it."""
    fits = path.is_file() and path.stat().st_size <= most
    need(fits, f"{path} is no file, or too large")
    return path.read_bytes()


def canonical(value: object) -> bytes:
    """Return the canonical JSON of a value."""
    return _encoder.encode(value).encode()


def parse(content: bytes, place: str) -> Any:  # noqa: ANN401
    """Return the value of canonical JSON."""
    try:
        value = json.loads(content.decode())
        if canonical(value) != content:
            raise RefusedError(f"{place} is not canonical JSON")
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{place} is not JSON: {error}") from None
    return value


def conform(value: Any, shape: str, place: str) -> None:  # noqa: ANN401
    """Refuse what hasn't its shape: `[x]` lists x, `{x]` maps names to x.

    A field that may be left out begins with a question mark.
    """
    offence = f"{place} is not of the form `{shape}`"
    if shape in ("test", "guard"):
        test = str(value.get("test")) if type(value) is dict else ""
        shape = test if shape == "test" else f"guard_{test}"
        need(shape in SHAPES, offence)
    if shape in SHAPES:
        fields = {key.lstrip("?"): inner for key, inner in SHAPES[shape].items()}
        optional = {key[1:] for key in SHAPES[shape] if key[0] == "?"}
        given = value.keys() if type(value) is dict else {""}
        need(fields.keys() - optional <= given <= fields.keys(), offence)
        for key in given:
            conform(value[key], fields[key], f"{place}.{key}")
    elif shape[:1] in ("[", "{"):
        need(type(value) is (list if shape[0] == "[" else dict), offence)
        for inner in value if shape[0] == "[" else value.values():
            conform(inner, shape[1:].removesuffix("]"), place)
    elif shape in ("whole", "flag"):
        need(type(value) is (int if shape == "whole" else bool), offence)
    elif shape != "json":
        pattern = SHAPES["leaves"].get(shape, shape)
        need(type(value) is str and re.fullmatch(pattern, value), offence)


def read_fact(line: bytes) -> Fact:
    """Return the fact in a line of the facts file."""
    try:
        told = parse(line, "the line")
        if "guard" in told:
            conform(told["guard"], "guard", "the guard")
            told["guard"] = canonical(told["guard"]).decode()
        fact = Fact(**told)
        texts = {*map(type, fact[:-2]), *map(type, fact.detail.values())}
    except (TypeError, AttributeError):
        raise RefusedError("the line is not a fact") from None
    need(texts == {str}, "a value is not text")
    need(fact.fact in SHAPES["forms"], "the line is not of a form of fact")
    if "needs" in told:
        conform(fact.needs, "[node]", "`needs`")
        sorted_ = all(a < b for a, b in pairwise(fact.needs))
        need(fact.needs and sorted_, "`needs` is empty, unsorted or repeats")
    fits = (fact.fact == "edge" and fact.name != "owns") or not (
        fact.needs or fact.guard
    )
    need(fits, "`needs` or `guard` of what isn't walked")
    for time in filter(None, (fact.since, fact.until)):
        conform(time, "time", "a time")
    if fact.fact == "edge":
        need(fact.name in EDGES, "an edge of unknown kind")
        need(fact.value, "an edge without a head")
        need(fact.verb in VERBS or EDGES[fact.name][1] != "grant", "no such verb")
    elif fact.fact == "attribute":
        need(fact.value or fact.unknown, "an attribute without a value")
    return fact
