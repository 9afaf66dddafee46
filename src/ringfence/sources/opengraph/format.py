"""OpenGraph files, held against what the format's schemas allow.

A property is a text, a number, a truth value, or a list of one of these; an end of an
edge names a node by id, by name, or by properties.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from ringfence.errors import Locus, SourceError
from ringfence.sources.bulk_json import Part, decode, parts
from ringfence.sources.gathering import Gatherer

Primitive = str | bool | int | float
Properties = dict[str, Primitive | list[Primitive]]
MATCHES = ("id", "name", "property")
_MOST_KINDS = 3
_KIND = re.compile("[A-Za-z0-9_]+")


class RawNode(msgspec.Struct, gc=False):
    """A node as a file writes it."""

    id: str
    kinds: list[str]
    properties: Properties | None = None


class Matcher(msgspec.Struct, gc=False):
    """One property that a node has to have."""

    key: str
    operator: str
    value: Primitive


class End(msgspec.Struct, gc=False):
    """One end of an edge."""

    match_by: str | None = None
    value: str | None = None
    property_matchers: list[Matcher] | None = None
    kind: str | None = None


class RawEdge(msgspec.Struct, gc=False):
    """An edge as a file writes it."""

    kind: str
    start: End
    end: End
    properties: Properties | None = None


class _Graph(msgspec.Struct, gc=False):
    nodes: list[msgspec.Raw] | None = None
    edges: list[msgspec.Raw] | None = None


class _Metadata(msgspec.Struct, gc=False):
    source_kind: str | None = None


class _Document(msgspec.Struct, gc=False):
    graph: _Graph
    metadata: _Metadata | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One node, and where it stands."""

    id: str
    kinds: tuple[str, ...]
    properties: Mapping[str, Primitive | list[Primitive]]
    at: Locus


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge, and where it stands."""

    raw: RawEdge
    at: Locus


class Reading:
    """Every node and edge of the files; problems are left with the gatherer."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self.nodes: list[Node] = []
        # As bytes until their turn comes: every node has to be known by then.
        self._edges: list[tuple[str, list[msgspec.Raw]]] = []
        gatherer.each_file(self._file)

    def _file(self, file: str) -> None:
        for part in parts(self._gatherer, file):
            try:
                self._part(part)
            except SourceError as error:
                self._gatherer.reader.problems.extend(error.problems)

    def _part(self, part: Part) -> None:
        document = decode(part.content, _Document, Locus(part.name))
        kind = document.metadata.source_kind if document.metadata else None
        graph = document.graph
        for index, raw in enumerate(graph.nodes or []):
            at = Locus(part.name, pointer=f"/graph/nodes/{index}")
            try:
                node = decode(raw, RawNode, at)
                check_node(node, at)
            except SourceError as error:
                self._gatherer.reader.problems.extend(error.problems)
                continue
            kinds = (*node.kinds, *([kind] if kind else []))
            properties = node.properties or {}
            self.nodes.append(Node(node.id.strip(), kinds, properties, at))
        self._edges.append((part.name, graph.edges or []))

    def edges(self) -> Iterator[Edge]:
        """Yield every edge that the format allows."""
        for name, raws in self._edges:
            for index, raw in enumerate(raws):
                at = Locus(name, pointer=f"/graph/edges/{index}")
                try:
                    edge = decode(raw, RawEdge, at)
                    check_edge(edge, at)
                except SourceError as error:
                    self._gatherer.reader.problems.extend(error.problems)
                    continue
                yield Edge(edge, at)


def check_node(node: RawNode, at: Locus) -> None:
    """Check what a type can't say.

    Raises:
        SourceError: A node that the format doesn't allow.
    """
    if not node.id.strip():
        raise SourceError("names no node", _below(at, "id"), "a node needs `id`")
    if len(node.kinds) > _MOST_KINDS:
        message = f"has {len(node.kinds)} kinds: at most {_MOST_KINDS} are allowed"
        raise SourceError(message, _below(at, "kinds"))
    if node.properties:
        if "objectid" in node.properties:
            place = _below(at, "properties/objectid")
            raise SourceError("`objectid` is not allowed", place, "it is the `id`")
        _check_properties(node.properties, at)


def check_edge(edge: RawEdge, at: Locus) -> None:
    """Check what a type can't say.

    Raises:
        SourceError: An edge that the format doesn't allow.
    """
    if not _KIND.fullmatch(edge.kind):
        message = f"`{edge.kind}` is no kind of edge"
        hint = "a kind has letters, digits and underscores"
        raise SourceError(message, _below(at, "kind"), hint)
    _check_end(edge.start, at, "start")
    _check_end(edge.end, at, "end")
    if edge.properties:
        _check_properties(edge.properties, at)


def _check_end(end: End, at: Locus, name: str) -> None:
    by = end.match_by if end.match_by is not None else "id"
    if by not in MATCHES:
        message, hint = f"can't match by `{by}`", "by `id`, `name` or `property`"
        raise SourceError(message, _below(at, f"{name}/match_by"), hint)
    if by == "property":
        _check_matchers(end, at, name)
    elif end.value is None or end.property_matchers is not None:
        message = f"an end that is matched by {by} has `value` alone"
        raise SourceError(message, _below(at, name))
    elif not end.value.strip():
        raise SourceError("names no node", _below(at, f"{name}/value"))


def _check_matchers(end: End, at: Locus, name: str) -> None:
    if not end.property_matchers or end.value is not None:
        message = "an end that is matched by property has `property_matchers` alone"
        raise SourceError(message, _below(at, name))
    for index, matcher in enumerate(end.property_matchers):
        if matcher.operator != "equals":
            place = _below(at, f"{name}/property_matchers/{index}/operator")
            message = f"unknown operator `{matcher.operator}`"
            raise SourceError(message, place, "the one operator is `equals`")


def _check_properties(properties: Properties, at: Locus) -> None:
    for key, value in properties.items():
        if isinstance(value, list) and len(set(map(_sort, value))) > 1:
            place = _below(at, f"properties/{_token(key)}")
            raise SourceError("a list holds values of one type", place)


def _sort(value: Primitive) -> str:
    if isinstance(value, bool):
        return "bool"
    return "text" if isinstance(value, str) else "number"


def _below(at: Locus, steps: str) -> Locus:
    return Locus(at.file, pointer=f"{at.pointer}/{steps}")


def _token(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
