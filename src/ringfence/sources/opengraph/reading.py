"""The kind of source `opengraph`: nodes and edges of any collector to facts."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.boundary.vocabulary import DATA_KINDS, kind_of
from ringfence.documents.located import Reader
from ringfence.documents.unswept import unswept
from ringfence.errors import Locus
from ringfence.sources import directory as shared
from ringfence.sources.directory import (
    DEFAULT_KIND,
    Account,
    Directory,
    node_id,
    object_id,
)
from ringfence.sources.directory_rights import ACCOUNT, PREMISES, Meaning
from ringfence.sources.gathering import Gatherer
from ringfence.sources.opengraph.format import Edge, Node, Reading
from ringfence.sources.opengraph.mapping import OPTIONS, Mapping
from ringfence.sources.opengraph.matching import Matching
from ringfence.sources.source import Harvest, Order

_NAMES = ("samaccountname", "login", "userprincipalname", "email", "name")
_ENABLED = ("enabled", "active", "is_active", "accountenabled")


class OpenGraph:
    """Reads OpenGraph files."""

    kind = "opengraph"
    summary = "nodes and edges of any collector, from OpenGraph JSON or zip"
    options: Sequence[str] = (*shared.OPTIONS, *OPTIONS)

    def read(self, order: Order) -> Harvest:
        """Return the nodes and the edges of control between them.

        Raises:
            SourceError: A file isn't OpenGraph, a node or an edge isn't what the
                format allows, or the order maps a kind to what can't be meant.
        """
        gatherer = Gatherer(order, self.options)
        with unswept():
            graph = _Graph(gatherer)
            reading = Reading(gatherer)
            for node in reading.nodes:
                graph.name(node)
            for edge in reading.edges():
                graph.edge(edge)
            graph.finish()
        return gatherer.harvested()


class _Graph:
    def __init__(self, gatherer: Gatherer) -> None:
        self._reader: Reader = gatherer.reader
        self._directory = Directory(gatherer)
        self._mapping = Mapping(gatherer)
        self._matching = Matching(self._directory, self._mapping)
        self._misfits: set[str] = set()

    def name(self, node: Node) -> None:
        """State a node, under an id that edges find it by."""
        kind = self._mapping.node(node.kinds)
        if kind is None:
            first = f"kind `{node.kinds[0]}`" if node.kinds else "no kind"
            message = f"nodes of {first}: not understood, each counts as a role"
            self._directory.count(message, node.at)
            kind = DEFAULT_KIND
        object_ = object_id(node.id)
        at = str(node.at)
        known = self._matching.known(object_)
        id_ = self._id(kind, object_, node)
        if known is not None and known != id_:
            message = "nodes of an id that another node has too: both are the first"
            self._directory.count(message, node.at)
            id_ = known
        self._matching.add(node, id_)
        self._directory.node(id_, at, _label(node))
        if kind == ACCOUNT and known is None:
            account = Account(
                id=object_,
                name=_first(node, _NAMES),
                properties=_with_enabled(node),
                managed=any(
                    node.properties.get(key) is True for key in ("gmsa", "msa")
                ),
                at=at,
            )
            self._directory.account(account)

    def _id(self, kind: str, object_: str, node: Node) -> str:
        if kind == "person" and (person := self._directory.person(node.properties)):
            return person
        return node_id(kind, object_)

    def edge(self, edge: Edge) -> None:
        """State an edge between all the nodes that its ends mean."""
        raw, at = edge.raw, edge.at
        tails = self._matching.ends(raw.start, at, "start")
        heads = self._matching.ends(raw.end, at, "end")
        meaning = self._mapping.edge(raw.kind)
        for tail in tails:
            for head in heads:
                self._join(edge, tail, meaning, head)

    def _join(self, edge: Edge, tail: str, meaning: Meaning | None, head: str) -> None:
        kind, at = edge.raw.kind, edge.at
        is_data = {kind_of(tail), kind_of(head)} & set(DATA_KINDS)
        if meaning is None and kind in PREMISES and not is_data:
            self._directory.premise(tail, kind, head, str(at))
            return
        if meaning is not None:
            if self._directory.mean(tail, meaning, head, str(at)):
                return
            if kind in self._mapping.ordered:
                self._misfit(kind, tail, head, at)
                return
        what = f"edges of kind `{kind}`"
        if not self._directory.doubt(what, kind, tail, head, at):
            self._misfit(kind, tail, head, at)

    def _misfit(self, kind: str, tail: str, head: str, at: Locus) -> None:
        """Note, once for each kind of edge, that no edge of ours can say it."""
        if kind in self._misfits:
            return
        self._misfits.add(kind)
        ends = f"from a {kind_of(tail)} to a {kind_of(head)}".replace("_", " ")
        hint = (
            f"below `edges`, map `{kind}` to another kind or to `none`; or below "
            "`nodes`, map what it starts from to a principal, such as `tool`"
        )
        self._reader.note(f"no edge `{kind}` can lead {ends}", at, hint)

    def finish(self) -> None:
        """Tell the counts."""
        self._mapping.remark_unused()
        self._directory.finish()


def _label(node: Node) -> str:
    return _first(node, ("name", "displayname"))


def _first(node: Node, keys: Sequence[str]) -> str:
    """Return the first of some properties that is a text."""
    for key in keys:
        value = node.properties.get(key)
        if isinstance(value, str) and value.strip():
            return value
    return ""


def _with_enabled(node: Node) -> dict[str, object]:
    """Return the properties of an account, with `enabled` as others write it."""
    properties: dict[str, object] = dict(node.properties)
    for key in _ENABLED:
        value = properties.get(key)
        if isinstance(value, bool):
            properties.setdefault("enabled", value)
    return properties


SOURCE = OpenGraph()
