"""What a claim asks: may any of these origins hold one of these verbs on a target?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property

from ringfence_verify.conditions import Request, meets
from ringfence_verify.estate import (
    BITS,
    NO,
    UNKNOWN,
    YES,
    Estate,
    entry,
    is_data,
    moved,
    spread,
)
from ringfence_verify.excluded import excluded, matches, named, protected
from ringfence_verify.reading import EDGES, SHAPES, VERBS, Fact, Json, need

LASTING = SHAPES["leaves"]["lasting"].split("|")  # one request gives it for good
_GROUPS = {"any": VERBS, "edit": ["insert", "update", "delete", "truncate"]}


class Question:
    """A claim put to the estate of one instant.

    `origins` and `targets` hold what is, or may be, an offending origin or a target;
    a claim about an empty `universe` would be upheld by nothing.
    """

    def __init__(self, estate: Estate, claim: Json) -> None:
        self.estate, self.claim, self.kind = estate, claim, claim["kind"]
        at_rest = self.kind in ("residency", "presence")
        self.bare = at_rest or claim["reach"] == "bare"
        grades = (
            ["technical", "legal"] if self.kind == "jurisdiction" else claim["grades"]
        )
        self.grades = ["technical"] if at_rest else grades
        verbs = {verb for v in claim["verbs"] for verb in _GROUPS.get(v, [v])}
        self.verbs = sum(BITS[verb] for verb in (["read"] if at_rest else verbs))
        self.targets = protected(estate, tuple(claim["protected"]))
        self.universe: Collection[str] = ()
        self.deciding: dict[str, list[Fact]] = {}  # by gate: who lets others in
        kinds: dict[str, Callable[[], dict[str, int]]] = {
            "no_reach": self._excluded,
            "jurisdiction": self._excluded,
            "residency": self._residency,
            "presence": self._presence,
            "facility": self._facility,
            "no_single_principal": self._principals,
            "control_operates": self._gates,
        }
        need(self.kind in kinds, "nothing proves this kind of claim")
        answers = kinds[self.kind]()
        self.origins = {node: answer for node, answer in answers.items() if answer}

    def counts(self, edge: Fact) -> bool:
        """Whether an edge takes part in reach."""
        grade, flow = EDGES[edge.name]
        return grade in self.grades and flow != "stake"

    def definite(self, edge: Fact) -> bool:
        """Whether an edge certainly works."""
        stands = edge.control or edge.guard
        return not edge.unknown and (self.bare or not stands)

    def alone(self, edge: Fact) -> bool:
        """Whether an edge certainly works, for whoever holds its tail."""
        return self.definite(edge) and not edge.needs

    def counted(self) -> Json:
        """Return the counts that a proof has to state."""
        edges = [e for out in self.estate.out.values() for e in out if self.counts(e)]
        origins, targets = [*self.origins.values()], [*self.targets.values()]
        return {
            "origins": origins.count(YES),
            "origins_unknown": origins.count(UNKNOWN),
            "targets": targets.count(YES),
            "targets_unknown": targets.count(UNKNOWN),
            "edges": len(edges),
            "edges_unknown": sum(not self.definite(edge) for edge in edges),
        }

    @cached_property
    def exposing(self) -> set[str]:
        """Return the data from which reading may lead to a target."""
        reading = dict.fromkeys(self.targets, BITS["read"])
        wanted = self.leading(reading, lambda e: EDGES[e.name][0] == "technical")
        return {node for node in wanted if is_data(node)}

    def leading(
        self, wanted: dict[str, int], counts: Callable[[Fact], bool]
    ) -> dict[str, int]:
        """Return what may be wanted of each node in order to hold what is wanted."""
        found, waiting = dict(wanted), list(wanted)
        while waiting:
            node = waiting.pop()
            for edge in filter(counts, self.estate.into.get(node, ())):
                bits = sum(b for b in BITS.values() if moved(edge, b) & found[node])
                further = [(one, entry(one)) for one in edge.needs] if bits else []
                for tail, more in ((edge.id, bits), *further):
                    if more & ~found.get(tail, 0):
                        found[tail] = found.get(tail, 0) | more
                        waiting.append(tail)
        return found

    def walk(
        self, edge: Fact, held: dict[str, int], made: Request, hop: str
    ) -> set[str]:
        """Add to what is held what a hop hands on; refuse one that isn't sure to.

        Returns:
            Origins that bring what wasn't held so far.
        """
        premises = {edge.id, *edge.needs} - held.keys()
        others = premises if self.kind != "no_single_principal" else set[str]()
        drawn = {node for node in others if self.origins.get(node) == YES}
        held |= {node: entry(node) for node in drawn}
        need(held.get(edge.id), f"{hop} is no edge in force from what is held")
        lacking = {node for node in edge.needs if not held.get(node, 0) & entry(node)}
        need(not lacking, f"{hop} needs `{min(lacking, default='')}`, which isn't held")
        need(self.counts(edge), f"{hop} is not of a grade that counts")
        decided = edge.guard and not (edge.unknown or edge.control)
        met = decided and meets(made, edge.guard)
        need(self.definite(edge) or met, f"{hop} is not certain")
        gained = moved(edge, held[edge.id])
        need(gained, f"{hop} hands nothing on")
        held[edge.value] = held.get(edge.value, 0) | gained
        return drawn

    def holders(self) -> set[str]:
        """Return the stores from which reading may lead to a target."""
        return {node for node in self.exposing if node.startswith("store:")}

    def entrances(self, store: str) -> set[str]:
        """Return the datasets by which a store exposes targets, or else the store."""
        exposing = self.exposing
        heads = {
            edge.value
            for edge in self.estate.out.get(store, ())
            if moved(edge, BITS["read"]) and edge.value in exposing
        }
        # A store that leads nowhere by itself is read beside something else.
        whole = not heads or any(not head.startswith("dataset:") for head in heads)
        return {store} if whole else heads

    def unheld(self, wanted: Iterable[str]) -> set[str]:
        """Return logins, accounts and keys among these that nobody is said to hold."""
        found = set()
        for node in wanted:
            kind = node.partition(":")[0]
            tails = [e.id for e in self.estate.into.get(node, ()) if self.counts(e)]
            if kind == "role":
                logs_in, is_open = self.estate.values(node, "login")
                tails = [tail for tail in tails if not tail.startswith("role:")]
                kind = "login" if "yes" in logs_in or is_open else kind
            if kind in ("login", "service_account", "credential", "key") and not tails:
                found.add(node)
        return found

    def strangers(self, held: dict[str, int]) -> set[str]:
        """Return who is on a way in, or held, and undescribed or in nobody's hands."""
        wanted = self.leading(dict.fromkeys(self.targets, self.verbs), self.counts)
        known = ("person:", "legal_entity:", "store:", "dataset:", "column:")
        touched = {node for node in {*wanted, *held} if not node.startswith(known)}
        return (touched - self.estate.described) | self.unheld(wanted)

    def loose(self) -> set[str]:
        """Return targets, or copies, of which no store is known to hold them."""
        held = spread(
            self.estate.of_kind("store"),
            lambda node: {
                edge.value
                for edge in self.estate.out.get(node, ())
                if is_data(node) and moved(edge, BITS["read"])
            },
        )
        return self.exposing - held

    def groups(self, node: str, *, certain: bool) -> set[str]:
        """Return a node and the groups that it is in, certainly or possibly."""
        return spread(
            [node],
            lambda member: {
                edge.value
                for edge in self.estate.out.get(member, ())
                if edge.name == "member_of" and (self.alone(edge) or not certain)
            },
        )

    def leaves(self, person: str, *, certain: bool = True) -> dict[str, set[str]]:
        """Return the exceptions that apply to a person, with what each concedes."""
        if self.kind != "no_reach" or not self.claim["exceptions"]:
            return {}
        boundary, member = self.estate.boundary, self.groups(person, certain=certain)
        chosen = [named(boundary["exceptions"], n) for n in self.claim["exceptions"]]
        return {
            leave["name"]: {t for t in self.targets if matches(leave["columns"], t)}
            for leave in chosen
            if self.estate.holds(leave["since"], leave["until"])
            and member.intersection(leave["who"])
        }

    def _excluded(self) -> dict[str, int]:
        kind = "person:" if self.kind == "no_reach" else "legal_entity:"
        found = excluded(self.estate, self.claim["excluded"])
        self.universe = [node for node in found if node.startswith(kind)]
        ours = ("legal_entity:", kind)
        return {n: status for n, status in found.items() if n.startswith(ours)}

    def _inside(self, node: str, places: Collection[str]) -> int:
        within = [place + "-" for place in places]
        return self.estate.judge(
            node, "place", lambda p: p in places or p.startswith(tuple(within))
        )

    def _residency(self) -> dict[str, int]:
        found = {}
        for store in self.estate.of_kind("store"):
            roles, is_open = self.estate.values(store, "copy")
            permitted = self.estate.boundary["places"]
            places = self.claim["places"] or permitted.get(
                max(roles, default="primary"), []
            )
            sure = self.claim["places"] or not (is_open or len(roles) > 1)
            inside = self._inside(store, places)
            one = len(self.estate.values(store, "place")[0]) == 1
            found[store] = YES - inside if sure and (one or inside) else UNKNOWN
        self.universe = self.holders()
        return found

    def _presence(self) -> dict[str, int]:
        found = {}
        stores = self.universe = self.estate.of_kind("store")
        for store in stores:
            roles, is_open = self.estate.values(store, "copy")
            places, is_unplaced = self.estate.values(store, "place")
            if is_open or is_unplaced or len(roles) > 1 or len(places) != 1:
                self.universe = ()  # a place or role that isn't known proves no absence
            wanted = self.claim["copy"]
            usual = YES if wanted == "primary" else NO
            role = self.estate.judge(store, "copy", wanted.__eq__, usual)
            inside = self._inside(store, self.claim["places"])
            found[store] = min(inside, role if wanted else YES)
        return found

    def _facility(self) -> dict[str, int]:
        wanted, judge = self.claim["purpose"], self.estate.judge
        selector = named(self.estate.boundary["excluded"], self.claim["excluded"])
        countries = selector["countries"]
        self.targets, found = {}, {}
        for node in self.estate.of_kind("facility"):
            meant = judge(node, "purpose", wanted.__eq__) if wanted else YES
            inside = judge(node, "place", lambda p: p.partition("-")[0] in countries)
            self.targets |= {node: meant} if meant else {}
            found[node] = min(meant, inside)
        self.universe = [node for node in self.targets if self.targets[node] == YES]
        return found

    def _principals(self) -> dict[str, int]:
        self.universe = self.estate.of_kind(*self.claim["kinds"])
        return dict.fromkeys(self.universe, YES)

    def _gates(self) -> dict[str, int]:
        for edges in self.estate.out.values():
            for edge in edges:
                if edge.name in ("member_of", "can_use"):
                    self._note_gate(edge)
        self.universe = list(self.deciding)
        return {
            gate: max(map(self.decided, facts), default=UNKNOWN)
            for gate, facts in self.deciding.items()
        }

    def _note_gate(self, edge: Fact) -> None:
        if self.claim["form"] == "grant":
            if edge.id.startswith("person:"):
                self.deciding.setdefault(edge.value, []).append(edge)
        elif edge.id.startswith(("person:", "group:")):
            into = self.estate.into[edge.value]
            self.deciding[edge.value] = [e for e in into if e.name == "approves"]

    def decided(self, edge: Fact) -> int:
        """Return whether an approval or a grant was decided outside the team."""
        grant, team = self.claim["form"] == "grant", self.claim["team"]
        who = edge.detail.get("approved_by", "") if grant else edge.id
        if not who or not self.alone(edge):
            return UNKNOWN
        ways = (self.groups(who, certain=certain) for certain in (True, False))
        outside = YES - sum(not groups.isdisjoint(team) for groups in ways)
        name = self.claim["excluded"]
        return max(outside, self._barred(who, name) if name else NO)

    def _barred(self, who: str, selector: str) -> int:
        """Return whether somebody who decides is excluded, or has such a member."""
        found = excluded(self.estate, selector)
        if who.startswith(("person:", "legal_entity:")):
            return found.get(who, NO if who in self.estate.nodes else UNKNOWN)
        members = (
            status if who in self.groups(node, certain=True) else UNKNOWN
            for node, status in found.items()
            if who in self.groups(node, certain=False)
        )
        return max(members, default=NO)
