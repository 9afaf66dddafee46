"""Which nodes the ends of edges mean: by id, by name, by properties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from ringfence.errors import Locus
from ringfence.sources.directory import DEFAULT_KIND, Directory, node_id, object_id
from ringfence.sources.opengraph.format import End, Matcher, Node, Primitive
from ringfence.sources.opengraph.mapping import Mapping

_Key = tuple[type, Primitive]


class Matching:
    """The nodes, found by what an end says of them.

    Where several match, all are meant: nothing that may be meant is left out.
    """

    def __init__(self, directory: Directory, mapping: Mapping) -> None:
        self._directory = directory
        self._mapping = mapping
        self._nodes: list[tuple[Node, str]] = []
        self._by_id: dict[str, str] = {}
        self._by_property: dict[str, dict[_Key, list[int]]] = {}

    def add(self, node: Node, id_: str) -> None:
        """Remember a node under its id."""
        self._by_id.setdefault(object_id(node.id), id_)
        self._nodes.append((node, id_))

    def known(self, object_: str) -> str | None:
        """Return the node of an object id, if a file describes it."""
        return self._by_id.get(object_)

    def ends(self, end: End, at: Locus, side: str) -> list[str]:
        """Return the nodes that an end means; at least one."""
        by = end.match_by or "id"
        if by == "id":
            return [self._id(end, at, side)]
        wanted = end.property_matchers or [_name(end.value or "")]
        found = self._matching(wanted, end.kind)
        if found:
            return found
        message = f"ends of edges that no node matches by {by}"
        self._directory.count(message, _below(at, side))
        told = ",".join(f"{one.key}={one.value}" for one in wanted)
        return [node_id(self._kind(end), f"unmatched/{told}")]

    def _id(self, end: End, at: Locus, side: str) -> str:
        object_ = object_id(end.value or "")
        node = self._by_id.get(object_)
        if node is None:
            message = "ends of edges that no node describes"
            self._directory.count(message, _below(at, side))
            node = self._by_id[object_] = node_id(self._kind(end), object_)
        return node

    def _kind(self, end: End) -> str:
        kind = self._mapping.node([end.kind]) if end.kind else None
        return kind or DEFAULT_KIND

    def _matching(self, wanted: Iterable[Matcher], kind: str | None) -> list[str]:
        chosen: set[int] | None = None
        for matcher in wanted:
            key = _key(matcher.value)
            numbers = set(self._index(matcher.key).get(key, ()))
            chosen = numbers if chosen is None else chosen & numbers
        found = (self._nodes[number] for number in sorted(chosen or ()))
        ids = [id_ for node, id_ in found if kind is None or kind in node.kinds]
        return list(dict.fromkeys(ids))

    def _index(self, name: str) -> dict[_Key, list[int]]:
        """Return the nodes by the value of one property, made when first asked for."""
        index = self._by_property.get(name)
        if index is None:
            index = self._by_property[name] = defaultdict(list)
            for number, (node, _) in enumerate(self._nodes):
                value = node.properties.get(name)
                if value is not None and not isinstance(value, list):
                    index[_key(value)].append(number)
        return index


def _name(value: str) -> Matcher:
    return Matcher(key="name", operator="equals", value=value)


def _key(value: Primitive) -> _Key:
    """Return a value to look up: texts in whatever case, `1` apart from `true`."""
    if isinstance(value, str):
        return str, value.strip().casefold()
    return (bool, value) if isinstance(value, bool) else (float, value)


def _below(at: Locus, step: str) -> Locus:
    return Locus(at.file, pointer=f"{at.pointer}/{step}")
