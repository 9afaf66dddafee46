"""The reference prover: a verdict and a proof for every kind of claim, in plain sets.

It says what the checker must accept. Nothing here is quick or clever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ringfence.boundary.model import Boundary, BoundaryException, Claim, canonical
from ringfence.boundary.vocabulary import VERB_GROUPS
from ringfence.estate.facts import Fact, line
from ringfence.guard.tree import canonical as guard_text
from tests.reference.closure import (
    State,
    closure,
    entry,
    is_data,
    moves,
    reached,
    walked,
)
from tests.reference.estate import View, fits, is_sure
from tests.reference.requests import Known, Request, conflicts, known, met_together

Answers = dict[str, str]
Proof = dict[str, object]
LASTING = ("can_change", "owns_group", "holds_key", "physical", "controls")
_REFUTES = ("counterexample/1", "refuted")
_json = msgspec.json.Encoder(order="sorted")


_OF_LOGS = frozenset(
    {"no_event", "some_event", "revocation", "log_retention", "log_continuity"}
)


def unique(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return facts without repeats, in canonical order."""
    return tuple(fact for _, fact in sorted({line(f): f for f in facts}.items()))


def facts_file(facts: Iterable[Fact]) -> bytes:
    """Return the bytes of facts.jsonl."""
    return b"".join(line(fact) + b"\n" for fact in unique(facts))


def instants(facts: Iterable[Fact], claim: Claim, as_of: str) -> list[str]:
    """Return the instants of which a claim speaks and at which the estate changes."""
    first, last = claim.during or (as_of, as_of)
    ends = {end for fact in facts for end in (fact.since, fact.until)}
    return [first, *sorted(end for end in ends if first < end <= last)]


def prove(facts: tuple[Fact, ...], boundary: Boundary, claim: Claim) -> Proof:
    """Return the proof of a claim; that of an unproven one is its verdict."""
    if claim.kind in _OF_LOGS:
        return {"verdict": "unproven"}
    now = Prover(facts, boundary, claim)
    shown: list[Proof] = []
    for instant in instants(facts, claim, boundary.as_of):
        prover = Prover(facts, boundary, claim, as_of=instant)
        word, found = prover.verdict()
        if "paths" in found:
            return prover.sealed(word, found)
        # Only the plainest certificate of a period is given: nobody ever offended.
        plain = not claim.during or (not found.get("parts", [0]) and now.complete())
        shown.append(found if plain else {})
    return now.sealed(word, shown[0]) if all(shown) else {"verdict": "unproven"}


def files(facts: Iterable[Fact], boundary: Boundary) -> dict[str, bytes]:
    """Return the files of an output folder, by name."""
    every = unique(facts)
    found = {"facts.jsonl": facts_file(every), "boundary.json": canonical(boundary)}
    for number, claim in enumerate(boundary.claims, 1):
        proof = prove(every, boundary, claim)
        if proof["verdict"] != "unproven":
            name = f"claim-{number}-{claim.id}.json"
            found[name] = _json.encode(proof) + b"\n"
    return found


def derivation(
    edges: Iterable[Fact], seeds: Iterable[State], goals: set[State]
) -> list[Fact]:
    """Return edges, each after what it rests on, up to the first that meets a goal."""
    edges, found, used = list(edges), set(seeds), []
    while not goals & found:
        for edge in edges:
            new = {s for state in found for s in moves(edge, state)} - found
            if new and {*map(entry, edge.needs)} <= found:
                break
        used.append(edge)
        found |= new
    return used


def wanted(edges: Iterable[Fact], goals: Iterable[State]) -> set[State]:
    """Return every state that may help to a goal, with premises from wherever."""
    edges, found = list(edges), set(goals)
    while True:
        new = set(found)
        for edge in edges:
            verbs = VERB_GROUPS["any"] if is_data(edge.id) else ("control",)
            tails = {(v, edge.id) for v in verbs if moves(edge, (v, edge.id)) & found}
            new |= tails | ({*map(entry, edge.needs)} if tails else set())
        if new == found:
            return found
        found = new


def _guard(edge: Fact) -> str:
    return "" if edge.guard is None else guard_text(edge.guard)


@dataclass(frozen=True, eq=False)
class Prover:
    """A claim before an estate."""

    facts: tuple[Fact, ...]
    boundary: Boundary
    claim: Claim
    as_of: str = ""
    view: View = field(init=False)
    bare: bool = field(init=False)
    grades: tuple[str, ...] = field(init=False)
    verbs: set[str] = field(init=False)

    def __post_init__(self) -> None:
        kind = self.claim.kind
        stored = kind in ("residency", "presence")
        grades = {"jurisdiction": ("technical", "legal")}.get(kind, self.claim.grades)
        verbs = ("read",) if stored else self.claim.verbs
        as_of = self.as_of or self.boundary.as_of
        for key, value in {
            "view": View(self.facts, self.boundary, as_of),
            "bare": stored or self.claim.reach == "bare",
            "grades": ("technical",) if stored else grades,
            "verbs": {verb for name in verbs for verb in VERB_GROUPS[name]},
        }.items():
            object.__setattr__(self, key, value)

    # --- the question ------------------------------------------------------------

    @property
    def edges(self) -> list[Fact]:
        """The edges that may take part."""
        as_of = self.view.as_of
        return walked(self.facts, as_of=as_of, grades=self.grades)

    @property
    def certain(self) -> list[Fact]:
        """The edges that certainly do."""
        return [edge for edge in self.edges if self.sure(edge)]

    def sure(self, edge: Fact) -> bool:
        """Whether an edge certainly works, for whoever holds all that it needs."""
        return is_sure(msgspec.structs.replace(edge, needs=()), bare=self.bare)

    @property
    def guards(self) -> list[str]:
        """The guards in the way, of which bare reach knows none."""
        return sorted({_guard(edge) for edge in self.edges if not self.bare} - {""})

    def open_to(self, request: Request) -> list[Fact]:
        """Return the edges that a request takes for certain."""
        told = {guard for guard in self.guards if met_together([guard], request)}
        return [
            edge
            for edge in self.edges
            if self.sure(edge)
            or (not (edge.unknown or edge.control) and _guard(edge) in told)
        ]

    @property
    def targets(self) -> Answers:
        """What is protected, or the facilities that are meant."""
        if self.claim.kind != "facility":
            return self.view.targets(self.claim.protected)
        meant = {
            node: self.view.ask(node, "purpose", {self.claim.purpose}, "unknown")
            if self.claim.purpose
            else "yes"
            for node in self.view.of_kind("facility")
        }
        return {node: answer for node, answer in meant.items() if answer != "no"}

    @property
    def origins(self) -> Answers:
        """Whoever or whatever offends, or may."""
        found: Answers = {
            "no_reach": self._excluded,
            "jurisdiction": self._entities,
            "residency": self._abroad,
            "presence": self._there,
            "facility": self._facilities,
            "no_single_principal": self._principals,
            "control_operates": self._gates,
        }[self.claim.kind]()
        return {
            node: answer for node, answer in sorted(found.items()) if answer != "no"
        }

    def _excluded(self) -> Answers:
        return self.view.statuses(self.boundary.selector(self.claim.excluded))

    def _entities(self) -> Answers:
        found = self._excluded()
        return {n: found[n] for n in found if n.startswith("legal_entity:")}

    def _place(self, node: str, places: Collection[str]) -> str:
        values = self.view.values(node, "place")
        good = {v for v in values if any((v + "-").startswith(p + "-") for p in places)}
        return self.view.ask(node, "place", good, "unknown")

    def _role(self, store: str) -> str:
        roles = self.view.values(store, "copy")
        if self.view.is_open(store, "copy") or len(roles) > 1:
            return "unknown"
        return next(iter(roles), "primary")

    def _abroad(self) -> Answers:
        found: Answers = {}
        for store in self.view.of_kind("store"):
            places = self.claim.places or self.boundary.places.get(
                self._role(store), ()
            )
            place = self._place(store, places)
            placed = len(self.view.values(store, "place")) == 1
            if not self.claim.places and self._role(store) == "unknown":
                place = "unknown"
            ill = "yes" if place == "no" and placed else "unknown"
            found[store] = "no" if place == "yes" else ill
        return found

    def _there(self) -> Answers:
        found: Answers = {}
        for store in self.view.of_kind("store"):
            usual = "yes" if self.claim.copy == "primary" else "no"
            fit = self.view.ask(store, "copy", {self.claim.copy}, usual)
            both = {fit if self.claim.copy else "yes"}
            both.add(self._place(store, self.claim.places))
            found[store] = next(w for w in ("no", "unknown", "yes") if w in both)
        return found

    def _facilities(self) -> Answers:
        countries = self.boundary.selector(self.claim.excluded).countries
        found: Answers = {}
        for node, meant in self.targets.items():
            values = self.view.values(node, "place")
            inside = {v for v in values if v.split("-")[0] in countries}
            both = {meant, self.view.ask(node, "place", inside, "unknown")}
            found[node] = next(w for w in ("no", "unknown", "yes") if w in both)
        return found

    def _principals(self) -> Answers:
        return dict.fromkeys(self.view.of_kind(*self.claim.kinds), "yes")

    def deciding(self) -> dict[str, list[Fact]]:
        """Return, by gate, the facts that show who lets others in."""
        entries = [e for e in self.view.edges if e.name in ("member_of", "can_use")]
        found: dict[str, list[Fact]] = {}
        for edge in entries:
            if self.claim.form == "grant" and edge.id.startswith("person:"):
                found.setdefault(edge.value, []).append(edge)
            elif self.claim.form != "grant" and edge.id.startswith(
                ("person:", "group:")
            ):
                approving = (e for e in self.view.edges if e.name == "approves")
                found[edge.value] = [e for e in approving if e.value == edge.value]
        return found

    def outside(self, fact: Fact) -> str:
        """Return whether a fact shows somebody outside the team deciding."""
        grant = self.claim.form == "grant"
        who = fact.detail.get("approved_by") if grant else fact.id
        if not who or not is_sure(fact, bare=self.bare):
            return "unknown"
        team = {*self.claim.team}
        sure = self.view.groups(who, bare=self.bare, sure=True) & team
        perhaps = self.view.groups(who, bare=self.bare, sure=False) & team
        answers = {"no" if sure else "unknown" if perhaps else "yes"}
        if self.claim.excluded:
            answers |= self._deciders(who)
        return next(word for word in ("yes", "unknown", "no") if word in answers)

    def _deciders(self, who: str) -> set[str]:
        """Return whether somebody who decides, or a member of it, is excluded."""
        found = self._excluded()
        if who.startswith(("person:", "legal_entity:")):
            return {found.get(who, "no" if who in self.view.nodes else "unknown")}
        return {
            found[node]
            if who in self.view.groups(node, bare=self.bare, sure=True)
            else "unknown"
            for node in found
            if who in self.view.groups(node, bare=self.bare, sure=False)
        }

    def _gates(self) -> Answers:
        order = ("yes", "unknown", "no")
        found: Answers = {}
        for gate, facts in self.deciding().items():
            answers = {self.outside(fact) for fact in facts} or {"unknown"}
            found[gate] = next(word for word in order if word in answers)
        return found

    def leaves(self, origin: str, *, sure: bool = True) -> list[BoundaryException]:
        """Return the exceptions that apply to an origin."""
        if self.claim.kind != "no_reach":
            return []
        groups = self.view.groups(origin, bare=self.bare, sure=sure)
        return sorted(
            (
                leave
                for leave in self.boundary.exceptions
                if leave.name in self.claim.exceptions
                and leave.since <= self.view.as_of < leave.until
                and groups & {*leave.who}
            ),
            key=lambda leave: leave.name,
        )

    def conceded(self, origin: str, *, sure: bool = True) -> set[str]:
        """Return the targets that exceptions concede to an origin."""
        leaves = self.leaves(origin, sure=sure)
        patterns = [text for leave in leaves for text in leave.columns]
        return {
            target
            for target in self.targets
            if any(fits(text, target.partition(":")[2]) for text in patterns)
        }

    # --- the answer ----------------------------------------------------------------

    def _goals(self, targets: Iterable[str]) -> set[State]:
        return {(verb, target) for verb in self.verbs for target in targets}

    def sure_targets(self) -> set[str]:
        """Return the targets that certainly are."""
        return {node for node, answer in self.targets.items() if answer == "yes"}

    def paths(self) -> list[Proof]:
        """Return definite paths that settle the claim, none if there are none."""
        sure = [node for node, answer in self.origins.items() if answer == "yes"]
        for origin in sure:
            if self.claim.kind == "facility":
                return [{"origin": origin, "target": origin, "verb": "", "facts": []}]
            for request in known(self.view, origin).requests(self.guards):
                if found := self._settled([origin], request):
                    return found
        # Several may bring together what an edge needs; each by a request of its own.
        alone = self.claim.kind in ("no_single_principal", "facility")
        return [] if alone else self._settled(sure, {})

    def _settled(self, origins: list[str], request: Request) -> list[Proof]:
        edges = self.open_to(request) if request else self.certain
        states = closure(edges, {entry(origin) for origin in origins})
        targets = self.sure_targets()
        for origin in origins:
            targets -= self.conceded(origin, sure=False)
        hit = sorted({node for _, node in states & self._goals(targets)})
        if self.claim.kind == "no_single_principal":
            if not hit or len(hit) * 100 < self.claim.share * len(self.targets):
                return []
            return [self._path(origins, edges, target, request) for target in hit]
        return [self._path(origins, edges, target, request) for target in hit[:1]]

    def _path(
        self, origins: list[str], edges: list[Fact], target: str, request: Request
    ) -> Proof:
        seeds = {entry(origin): origin for origin in origins}
        goals = self._goals({target})
        used = derivation(edges, {*seeds}, goals)
        for edge in [*used]:
            fewer = [one for one in used if one is not edge]
            used = fewer if goals & closure(fewer, seeds) else used
        used = derivation(used, {*seeds}, goals)
        drawn = {node for edge in used for node in (edge.id, *edge.needs)}
        verb, _ = min(closure(used, seeds) & goals)
        path: Proof = {
            "origin": min(drawn & {*origins}, default=target),
            "target": target,
            "verb": verb,
            "facts": [line(edge).decode() for edge in used],
        }
        told = " ".join(map(_guard, used)).casefold()
        asked = {key: request[key] for key in request if f'"{key}"' in told}
        return path | ({"request": asked} if asked else {})

    def parts(self) -> list[Proof] | None:
        """Return closed sets that no target is in, None where there are none."""
        if self.claim.kind == "facility":
            return None if self.origins else []
        alone = self.claim.kind == "no_single_principal"
        grouped: dict[tuple[object, ...], list[str]] = {}
        for origin in self.origins:
            names = tuple(leave.name for leave in self.leaves(origin))
            same = repr(known(self.view, origin)) if self.guards else ""
            grouped.setdefault((names, same, alone and origin), []).append(origin)
        families = [
            (origins, [guard for guard in self.guards if guard not in met])
            for _, origins in sorted(grouped.items())
            for met in (
                # One principal makes one request after another, and has all they give.
                [self.guards]
                if alone
                else known(self.view, origins[0]).together(self.guards)
            )
        ]
        closed = self._closed(families, alone=alone)
        parts = [
            self._part(origins, states, without)
            for (origins, without), states in zip(families, closed, strict=True)
        ]
        return None if None in parts else [part for part in parts if part]

    def conflicts(self) -> list[Proof]:
        """Return, for each sort of origins, why no more guards are met together."""
        told: dict[str, Known] = {}
        for origin in self.origins:
            told[repr(known(self.view, origin))] = known(self.view, origin)
        found = [
            one for _, of in sorted(told.items()) for one in conflicts(of, self.guards)
        ]
        return found if self.guards and self.claim.kind != "facility" else []

    def _closed(
        self, families: list[tuple[list[str], list[str]]], *, alone: bool
    ) -> list[set[State]]:
        """Return what each family may hold; others may lend what an edge needs.

        What lasts is held by the same origins whatever guards they meet.
        """
        lent: set[State] = set()
        kept = {tuple(origins): {*map(entry, origins)} for origins, _ in families}
        while True:
            found, before = [], repr((len(lent), *map(len, kept.values())))
            for origins, without in families:
                edges = [
                    msgspec.structs.replace(edge, needs=())
                    if {*map(entry, edge.needs)} <= lent
                    else edge
                    for edge in self.edges
                    if _guard(edge) not in without
                ]
                states = closure(edges, kept[tuple(origins)])
                lasting = [edge for edge in edges if edge.name in LASTING]
                kept[tuple(origins)] |= {
                    new
                    for edge in lasting
                    if {*map(entry, edge.needs)} <= states
                    for state in states
                    for new in moves(edge, state)
                }
                found.append(states)
            if not alone:
                lent |= {state for states in found for state in states}
            if before == repr((len(lent), *map(len, kept.values()))):
                return found

    def _part(
        self, origins: list[str], states: set[State], without: list[str]
    ) -> Proof | None:
        hit = {node for verb, node in states if verb in self.verbs and is_data(node)}
        barred: list[str] = []
        if self.claim.kind == "no_single_principal":
            found = self._enough(hit)
            if found is None:
                return None
            barred = found
        elif hit & (self.targets.keys() - self.conceded(origins[0])):
            return None
        closed = {
            verb: sorted(node for word, node in states if word == verb)
            for verb in sorted({verb for verb, _ in states})
        }
        return {
            "origins": origins,
            "exceptions": [leave.name for leave in self.leaves(origins[0])],
            "barred": barred,
            "closed": closed,
            "closed_digest": hashlib.sha256(_json.encode(closed)).hexdigest(),
            **({"without": without} if without else {}),
        }

    def _enough(self, hit: set[str]) -> list[str] | None:
        """Return as few missed targets as show that the rest isn't everything.

        The rest may be all that is protected, should every unknown one that was missed
        turn out not to be: so certain targets are told first.
        """
        sure, every = self.sure_targets(), self.targets.keys()
        missed = sorted(every - hit, key=lambda node: (node not in sure, node))
        for number in range(len(missed) + 1):
            left = every - {*missed[:number]}
            if len(left) * 100 < self.claim.share * len(sure | left):
                return sorted(missed[:number])
        return None

    def exposing(self) -> set[str]:
        """Return the data from which reading may lead to a target."""
        as_of = self.view.as_of
        edges = walked(self.facts, as_of=as_of, grades=("technical",))
        states = wanted(edges, {("read", target) for target in self.targets})
        return {node for _, node in states if is_data(node)}

    def holders(self) -> set[str]:
        """Return the stores from which reading may lead to a target."""
        return {node for node in self.exposing() if node.startswith("store:")}

    def complete(self) -> bool:
        """Whether everything was looked at, and there was something to look at."""
        sources = [fact for fact in self.facts if fact.fact == "source"]
        try:
            now = datetime.fromisoformat(self.boundary.as_of)
            gaps = [abs(now - datetime.fromisoformat(s.value)) for s in sources]
        except (ValueError, TypeError):
            return False
        fresh = all(
            g.total_seconds() <= self.boundary.max_age_days * 86400 for g in gaps
        )
        covers = {c for s in sources for c in s.detail.get("covers", "").split("\n")}
        kind = self.claim.kind
        at_rest = kind in ("residency", "presence", "facility")
        uncovered = self.holders() - covers
        covered = at_rest or (
            all(self._entrances(store) <= covers for store in uncovered)
            and not self._strangers()
        )
        read = bool(sources) and not any(source.unknown for source in sources)
        held = {
            node
            for store in self.view.of_kind("store")
            for node in reached(self.view.edges, store, ["read"])
        }
        shown = self.exposing()
        placed = kind == "facility" or shown <= held
        if kind == "jurisdiction":
            owned = {e.value for e in self.edges if e.id.startswith("legal_entity:")}
            placed = placed and self.holders() <= owned
        matched = kind == "facility" or all(map(self._matches, self._protections()))
        if self.origins and self.claim.kind == "no_reach":
            left = [self.targets.keys() - self.conceded(o) for o in self.origins]
            matched = matched and any(left)
        if self.claim.during:
            since = [s.detail.get("history_since") or "9" for s in sources]
            fresh = fresh and all(one <= self.claim.during[0] for one in since)
            fresh = fresh and self.claim.during[1] <= self.boundary.as_of
        complete = read and fresh and covered and placed and matched
        return complete and self._is_about_something()

    def _protections(self) -> tuple[str, ...]:
        every = tuple(one.name for one in self.boundary.protected)
        return self.claim.protected or every

    def _matches(self, name: str) -> bool:
        alone = msgspec.structs.replace(self.claim, protected=(name,))
        other = Prover(self.facts, self.boundary, alone, as_of=self.as_of)
        return bool(other.sure_targets())

    def _entrances(self, store: str) -> set[str]:
        """Return the datasets by which a store exposes a target, or else the store."""
        heads = {
            edge.value
            for edge in self.view.edges
            if edge.id == store
            and moves(edge, ("read", store))
            and edge.value in self.exposing()
        }
        whole = not all(head.startswith("dataset:") for head in heads)
        return {store} if whole or not heads else heads

    def _strangers(self) -> set[str]:
        """Return who is on a way in, or behind an origin, and only mentioned."""
        described = {f.id for f in self.view.facts if f.fact != "edge"}
        judged = ("person:", "legal_entity:")
        found = {
            node
            for node in self.view.nodes - described
            if not is_data(node) and not node.startswith(judged)
        }
        origins = {entry(origin) for origin in self.origins}
        walkable = [msgspec.structs.replace(edge, needs=()) for edge in self.edges]
        behind = {node for _, node in closure(walkable, origins)}
        states = wanted(self.edges, self._goals(self.targets))
        leading = {node for verb, node in states if verb == "control"}
        return {
            *(found & (behind | leading)),
            *(node for node in leading if self._is_unheld(node)),
        }

    def _is_unheld(self, node: str) -> bool:
        kind = node.partition(":")[0]
        tails = [edge.id for edge in self.edges if edge.value == node]
        if kind == "role":
            logs_in = "yes" in self.view.values(node, "login")
            if not (logs_in or self.view.is_open(node, "login")):
                return False
            return all(tail.startswith("role:") for tail in tails)
        return kind in ("service_account", "credential", "key") and not tails

    def _is_about_something(self) -> bool:  # noqa: PLR0911 - one answer a kind
        if not self.sure_targets():
            return False
        kinds = {"no_reach": "person:", "jurisdiction": "legal_entity:"}
        match self.claim.kind:
            case "no_reach" | "jurisdiction" as kind:
                return any(node.startswith(kinds[kind]) for node in self.origins)
            case "residency":
                return bool(self.holders())
            case "presence":
                stores = self.view.of_kind("store")
                return bool(stores) and all(map(self._is_known, stores))
            case "no_single_principal":
                return bool(self.origins)
            case "control_operates":
                return bool(self.deciding())
            case _:
                return True

    def _is_known(self, store: str) -> bool:
        places = self.view.values(store, "place")
        open_place = self.view.is_open(store, "place")
        return self._role(store) != "unknown" and len(places) == 1 and not open_place

    def verdict(self) -> tuple[str, Proof]:
        """Return the verdict at one instant, with what goes into its proof."""
        presence = self.claim.kind == "presence"
        paths = self.paths()
        if paths:
            form, word = ("witness/1", "upheld") if presence else _REFUTES
            found: Proof = {"ringfence": form, "paths": paths}
            if self.claim.kind == "control_operates":
                facts = self.deciding()[str(paths[0]["origin"])]
                grant = next(fact for fact in facts if self.outside(fact) == "yes")
                found["grant"] = line(grant).decode()
            return word, found
        parts = self.parts()
        if parts is None or not self.complete():
            return "unproven", {}
        word = "refuted" if presence else "upheld"
        certificate: Proof = {"ringfence": "certificate/1", "parts": parts}
        clashes = self.conflicts()
        return word, certificate | ({"conflicts": clashes} if clashes else {})

    def counts(self) -> dict[str, int]:
        """Return the counts that a proof states."""
        origins, targets = [*self.origins.values()], [*self.targets.values()]
        return {
            "origins": origins.count("yes"),
            "origins_unknown": origins.count("unknown"),
            "targets": targets.count("yes"),
            "targets_unknown": targets.count("unknown"),
            "edges": len(self.edges),
            "edges_unknown": len(self.edges) - len(self.certain),
            "sources": sum(fact.fact == "source" for fact in self.facts),
            "facts": len(self.facts),
        }

    def sealed(self, verdict: str, found: Proof) -> Proof:
        """Return a proof with its head."""
        return {
            **found,
            "claim": self.claim.id,
            "verdict": verdict,
            "estate": hashlib.sha256(facts_file(self.facts)).hexdigest(),
            "boundary": hashlib.sha256(canonical(self.boundary)).hexdigest(),
            "as_of": self.view.as_of,
            "proxy": self.claim.kind == "jurisdiction",
            "counts": self.counts(),
            "assumptions": [],
        }
