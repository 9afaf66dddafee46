"""What a report says of one claim: its row, its witnesses, its map in words.

Numbers on the map and numbers of the witness are the same numbers, so that a reader
can follow the one on the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ringfence.claims.outcome import Finding, FlowMap, Hop, Outcome, Path, Verdict
from ringfence.report import wording
from ringfence.report.events import Events, told
from ringfence.report.scope import scope

# Which kinds a map is about, the one whose widest boxes deserve a sentence first.
_TELLING_KINDS = ("tool", "role", "service_account", "group")
_WIDEST = 2
_ORIGIN_NOUNS = {
    "no_reach": ("person", "people"),
    "jurisdiction": ("entity", "entities"),
    "residency": ("store", "stores"),
    "presence": ("store", "stores"),
    "no_single_principal": ("principal", "principals"),
    "control_operates": ("gate", "gates"),
    "facility": ("facility", "facilities"),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """One fact for which an origin counts: `resides in CN`, and its place."""

    words: str
    at: str
    source: str
    open: str = ""
    dispute: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the verdict table."""

    number: int
    id: str
    says: str
    said: str
    verdict: Verdict
    summary: str

    @property
    def anchor(self) -> str:
        """Where the page has its section; ids of claims may hold anything."""
        return f"claim-{self.number}"


@dataclass(frozen=True, slots=True)
class Station:
    """A stop on a witness: a node, and the fact that leads there.

    Attributes:
        words: What the fact says before the name: `is a member of`; empty at the first.
        because: For the first: why it counts, each with its own place.
    """

    number: int
    node: str
    name: str
    kind: str
    words: str = ""
    at: str = ""
    source: str = ""
    open: str = ""
    dispute: str = ""
    because: tuple[Ground, ...] = ()


@dataclass(frozen=True, slots=True)
class Witness:
    """A path as numbered stations.

    Attributes:
        request: What a request says that meets every guard on the way, as words.
    """

    stations: tuple[Station, ...]
    certain: bool
    request: str = ""

    @property
    def short(self) -> str:
        """The names alone, in order."""
        return " > ".join(station.name for station in self.stations)


@dataclass(frozen=True, slots=True)
class Section:
    """What there is to say on one claim, or on the proxy of one.

    Attributes:
        subject: What the verdict is on: a claim's id, or the proxy of one.
        example: How the first witness was chosen: `1 of 54, shortest`.
        noun: What the stripes of the map count: `people`.
        flows: The map, with the names that people use.
        caption: The widest boxes in words; `widest` are their ids.
        marks: Numbers of the first witness's stations, by node of the map.
        scope: What was asked, as pairs of word and answer.
    events: For a claim about events: what the logs tell.
    """

    anchor: str
    subject: str
    row: Row
    finding: Finding
    is_proxy: bool
    example: str
    witnesses: tuple[Witness, ...]
    noun: str
    flows: FlowMap
    caption: str
    widest: tuple[str, ...]
    marks: Mapping[str, int]
    scope: tuple[tuple[str, str], ...]
    assumptions: tuple[str, ...]
    events: Events | None = None

    @property
    def has_example(self) -> bool:
        """Whether there is a witness, or an exhibit, to show."""
        return bool(self.witnesses or (self.events and self.events.exhibits))

    @property
    def title(self) -> str:
        """One sentence: `nobody-in-cn-can is refuted`."""
        return f"{self.subject} is {self.verdict}"

    @property
    def verdict(self) -> Verdict:
        """Verdict of this finding; a proxy has one of its own."""
        return self.finding.verdict

    def counted(self, number: int) -> str:
        """Return a number of what the stripes of the map count: `1 person`."""
        return wording.counted(number, *_nouns(self.finding))


def _nouns(finding: Finding) -> tuple[str, str]:
    return _ORIGIN_NOUNS.get(finding.claim.kind, ("origin", "origins"))


def row(finding: Finding) -> Row:
    """Return a finding's line of the verdict table."""
    claim = finding.claim
    return Row(
        number=finding.number,
        id=claim.id,
        says=claim.says,
        said=wording.said(claim),
        verdict=finding.verdict,
        summary=finding.summary or (finding.reasons[0].text if finding.reasons else ""),
    )


def sections(finding: Finding, outcome: Outcome) -> list[Section]:
    """Return the section of a finding, and that of its proxy if it has one."""
    anchor = row(finding).anchor
    found = [_section(finding, outcome, anchor, is_proxy=False)]
    if finding.proxy is not None:
        proxy = _section(finding.proxy, outcome, f"{anchor}-proxy", is_proxy=True)
        found.append(proxy)
    return found


def _section(
    finding: Finding, outcome: Outcome, anchor: str, *, is_proxy: bool
) -> Section:
    labels, flows = outcome.labels, _labelled(finding.flows, outcome.labels)
    witnesses = tuple(witness(path, labels) for path in finding.paths)
    of = "the proxy of " if is_proxy else ""
    widest = _widest(flows)
    return Section(
        anchor=anchor,
        subject=f"{of}{finding.claim.id}",
        row=row(finding),
        finding=finding,
        is_proxy=is_proxy,
        example=_example(finding),
        witnesses=witnesses,
        noun=_nouns(finding)[1],
        flows=flows,
        caption=_caption(finding, flows, widest),
        widest=widest,
        marks=_marks(witnesses[0], flows) if witnesses else {},
        scope=scope(finding.claim, outcome),
        assumptions=_assumed(finding, outcome),
        events=told(finding.crossings, labels),
    )


def _example(finding: Finding) -> str:
    if finding.crossings is not None:
        number = finding.crossings.crossing
        return f"1 of {number:,}" if number > 1 else ""
    total = finding.counts.get("origins", len(finding.paths))
    return f"1 of {total:,}, shortest" if total > 1 else ""


def witness(path: Path, labels: Mapping[str, str]) -> Witness:
    """Return a path as numbered stations, by the names that people use."""
    stations = [
        Station(
            number=1,
            node=path.origin,
            name=wording.name(path.origin, labels),
            kind=path.origin.partition(":")[0],
            because=tuple(
                _ground(path.origin, hop, labels) for hop in path.origin_facts
            ),
        )
    ]
    for hop in path.hops:
        if hop.tail != stations[-1].node:
            # What it rests on besides was shown before: the way goes on from there.
            stations.append(_again(len(stations) + 1, hop.tail, labels))
        stations.append(
            Station(
                number=len(stations) + 1,
                node=hop.head,
                name=wording.name(hop.head, labels),
                kind=hop.head.partition(":")[0],
                words=hop.phrase,
                at=hop.at,
                source=hop.source,
                open=hop.open,
                dispute=hop.dispute,
            )
        )
    return Witness(tuple(stations), path.is_certain, _request(path))


def _again(number: int, node: str, labels: Mapping[str, str]) -> Station:
    name, kind = wording.name(node, labels), node.partition(":")[0]
    return Station(number, node, name, kind, words="and with it")


def _request(path: Path) -> str:
    told = (
        f"{key} {wording.joined(values)}" if values else f"no {key}"
        for key, values in sorted(path.request.items())
    )
    return ", ".join(told)


def _ground(origin: str, hop: Hop, labels: Mapping[str, str]) -> Ground:
    # A phrase may or may not name the value that makes the origin count.
    value = wording.name(hop.head, labels)
    words = hop.phrase if hop.phrase.endswith(value) else f"{hop.phrase} {value}"
    if hop.tail != origin:
        words = f"{wording.name(hop.tail, labels)} {words}"
    return Ground(words.strip(), hop.at, hop.source, hop.open, hop.dispute)


def _marks(witness: Witness, flows: FlowMap) -> dict[str, int]:
    known = {node.id for node in flows.nodes}
    marks: dict[str, int] = {}
    for station in witness.stations:
        # Maps fold columns into their datasets: `s/t.c` of `column:` is in `s/t`.
        folded = "dataset:" + station.node.partition(":")[2].rpartition(".")[0]
        for node in (station.node, folded):
            if node in known:
                marks.setdefault(node, station.number)
                break
    return marks


def _widest(flows: FlowMap) -> tuple[str, ...]:
    """Return the nodes that matter: of the first kind that many origins pass."""
    ranked = sorted(flows.nodes, key=lambda node: (-node.people, node.id))
    kinds = [kind for kind in _TELLING_KINDS if any(n.kind == kind for n in ranked)]
    enough = flows.followed / 4
    most = {kind: next(n.people for n in ranked if n.kind == kind) for kind in kinds}
    chosen = next((kind for kind in kinds if most[kind] >= enough), "".join(kinds[:1]))
    return tuple([node.id for node in ranked if node.kind == chosen][:_WIDEST])


def _caption(finding: Finding, flows: FlowMap, widest: tuple[str, ...]) -> str:
    """Return in words what the widest boxes of the map show."""
    nodes = {node.id: node for node in flows.nodes}
    if not widest:
        return ""
    followed = flows.followed
    crossing = finding.counts.get("origins", followed)
    # Of very many origins a map follows the first ones only.
    is_part = followed < crossing
    drawn = wording.counted(crossing if is_part else followed, *_nouns(finding))
    of = f"{followed:,} of {drawn}" if is_part else drawn
    chosen = [nodes[node] for node in widest]
    parts = [
        f"{wording.counted(node.people, 'passes', 'pass')} {node.label}"
        for node in chosen
    ]
    kind = chosen[0].kind
    others = sum(node.kind == kind for node in flows.nodes) - len(parts)
    rest = f"; {wording.counted_kind(others, kind)} more" if others else ""
    return f"Of the {of} drawn, {wording.joined(parts)}{rest}."


def _labelled(flows: FlowMap, labels: Mapping[str, str]) -> FlowMap:
    nodes = tuple(
        replace(node, label=labels.get(node.id) or node.label) for node in flows.nodes
    )
    return replace(flows, nodes=nodes)


def _assumed(finding: Finding, outcome: Outcome) -> tuple[str, ...]:
    chosen = finding.claim.excluded
    ours = [
        text
        for selector in outcome.boundary.excluded
        if chosen and selector.name == chosen
        for text in selector.assumptions
    ]
    return tuple(dict.fromkeys((*finding.assumptions, *ours)))
