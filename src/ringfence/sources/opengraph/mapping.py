"""What kinds of node and edge mean: the order's own words first, then what is known."""

from __future__ import annotations

from collections.abc import Iterable

from ringfence.boundary.vocabulary import (
    EDGE_KINDS,
    NODE_KINDS,
    VERB_GROUPS,
    Flow,
)
from ringfence.documents.located import Located
from ringfence.sources.directory_rights import ACCOUNT, EDGES, NODES, NOTHING, Meaning
from ringfence.sources.gathering import Gatherer

OPTIONS = ("nodes", "edges")
NONE = "none"
_NODES = (*NODE_KINDS, ACCOUNT)
_CONTROLS = tuple(
    name
    for name, kind in EDGE_KINDS.items()
    if kind.flow not in (Flow.STAKE, Flow.GRANT)
)
_GRANTS = tuple(name for name, kind in EDGE_KINDS.items() if kind.flow is Flow.GRANT)
# An edge in one word: its kind, a verb (or group of verbs) that it grants, or nothing.
_EDGES = (*_CONTROLS, *VERB_GROUPS, NONE)
_FIELDS = ("verbs", "reversed", "undecided")


class Mapping:
    """The kinds of an order."""

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer
        self._nodes, self._edges = dict(NODES), dict(EDGES)
        # What the order itself says, and where: it has to fit, or it is a mistake.
        self.ordered: dict[str, Located] = {}
        self.used: set[str] = set()
        options, reader = gatherer.order.options, gatherer.reader
        nodes = reader.entries(options.get("nodes"), "`nodes`")
        for kind, value in nodes.items():
            self.ordered[kind] = value
            chosen = reader.choice(value, _NODES, "kind of node")
            if chosen is not None:
                self._nodes[kind] = chosen
        self._own_nodes = frozenset(nodes)
        for kind, value in reader.entries(options.get("edges"), "`edges`").items():
            self.ordered[kind] = value
            meaning = self._meaning(value)
            if meaning is not None:
                self._edges[kind] = meaning

    def node(self, kinds: Iterable[str]) -> str | None:
        """Return our kind for a node of theirs: the order's own word counts first."""
        listed = list(kinds)
        self.used.update(listed)
        for kind in listed:
            if kind in self._own_nodes:
                return self._nodes.get(kind)
        for kind in listed:
            if kind != "Base" and kind in self._nodes:
                return self._nodes[kind]
        return self._nodes["Base"] if "Base" in listed else None

    def edge(self, kind: str) -> Meaning | None:
        """Return what an edge of theirs means, or None where that isn't known."""
        self.used.add(kind)
        return self._edges.get(kind)

    def remark_unused(self) -> None:
        """Tell of each kind that the order maps and no file has."""
        for kind, value in self.ordered.items():
            if kind not in self.used:
                message = f"no file has a node or an edge of kind `{kind}`"
                self._gatherer.remark(message, value.key_at or value.at)

    def _meaning(self, value: Located) -> Meaning | None:
        reader = self._gatherer.reader
        if not isinstance(value.data, dict):
            word = reader.choice(value, _EDGES, "kind of edge")
            return None if word is None else _from_word(word)
        what = "a kind of edge"
        fields = reader.fields(value, required=("kind",), optional=_FIELDS, what=what)
        kinds = (*_CONTROLS, *_GRANTS)
        kind = reader.choice(fields.get("kind"), kinds, "kind of edge")
        is_reversed = reader.flag(fields.get("reversed"), "`reversed`")
        doubt = reader.text(fields.get("undecided"), "`undecided`") or ""
        verbs = self._gatherer.verbs(fields.get("verbs"))
        if kind is None:
            return None
        if (kind in _GRANTS) != bool(verbs):
            hint = "add `verbs: [read]`" if kind in _GRANTS else "leave `verbs` out"
            reader.note(f"`{kind}` and `verbs` don't fit", value.at, hint)
            return None
        return Meaning(kind, doubt, turned=bool(is_reversed), verbs=tuple(verbs))


def _from_word(word: str) -> Meaning:
    if word == NONE:
        return NOTHING
    if word in VERB_GROUPS:
        return Meaning("has_privilege", verbs=tuple(VERB_GROUPS[word]))
    return Meaning(word)
