"""What each proof must show, whatever it says of itself."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from ringfence_verify.conditions import cover, known, made_by, vetted
from ringfence_verify.estate import BITS, YES, Case, Estate, entry, is_data, moved
from ringfence_verify.excluded import named, protected
from ringfence_verify.question import LASTING, Question
from ringfence_verify.reading import Json, RefusedError, canonical, conform, need, parse

Held = Mapping[str, int]


def verify(case: Case, path: Path) -> tuple[Question, str, list[str]]:
    """Return the question that a proof answers, its answer in words, and guard proofs.

    The last are texts which the answer rests on, and which nobody re-checked.

    Raises:
        RefusedError: It answers nothing; the message names the first offence.
    """
    told = _read(path)
    for name, same in (
        ("facts.jsonl", told["estate"] == case.estate_digest),
        ("boundary.json", told["boundary"] == case.boundary_digest),
    ):
        need(same, f"{name} isn't the one proved: another digest")
    claim = named(case.boundary["claims"], told["claim"])
    name = f"claim-{case.boundary['claims'].index(claim) + 1}-{claim['id']}.json"
    need(path.name == name, f"the proof of this claim has to be called {name}")
    need(told["proxy"] == (claim["kind"] == "jurisdiction"), "`proxy` is wrong")
    upheld, refuted = "certificate/1 upheld", "counterexample/1 refuted"
    if claim["kind"] == "presence":
        upheld, refuted = "witness/1 upheld", "certificate/1 refuted"
    form = f"{told['ringfence']} {told['verdict']}"
    need(form in (upheld, refuted), f"`{form}` doesn't fit this kind of claim")
    as_of = case.boundary["as_of"]
    first, *_, last = claim["during"] or (as_of, as_of)
    in_period = "counter" in form and first <= told["as_of"] <= last
    need(told["as_of"] == as_of or in_period, "`as_of` isn't what the claim speaks of")
    question = Question(Estate(case, told["as_of"]), claim)
    extent = {"sources": len(case.sources), "facts": len(case.facts)}
    counts = {**question.counted(), **extent}
    need(told["counts"] == counts, f"`counts` should be {canonical(counts).decode()}")
    if "certificate" not in form:
        need(not told["conflicts"], "`conflicts` say nothing about a path")
        return question, f"{told['verdict']}; {_chains(case, question, told)}", []
    said, proofs = _shut(case, question, told, first, last)
    said = f"{told['verdict']}; {said} {len(question.targets)} targets"
    return question, said, proofs


def _shut(
    case: Case, question: Question, told: Json, first: str, last: str
) -> tuple[str, list[str]]:
    """Refuse a certificate that leaves a way open, at any instant of its period.

    Returns:
        What it shows, and the guard proofs that this rests on.
    """
    claim = question.claim
    _complete(case, question)
    _placed(question)
    _acquainted(question, told)
    families: dict[tuple[str, ...], list[Json]] = defaultdict(list)
    for part in told["parts"]:
        families[tuple(part["origins"])].append(part)
    origins = Counter(origin for family in families for origin in family)
    conflicts = vetted(told["conflicts"], set() if question.bare else case.guards)
    proofs: dict[str, None] = {}
    needed: set[str] = set()
    instants = {first, *(end for end in case.ends if first < end <= last)}
    for instant in instants:
        at_rest = told["as_of"] == instant
        asked = question if at_rest else Question(Estate(case, instant), claim)
        _placed(asked)
        needed.update(asked.origins)
        barred = _parts(asked, told["parts"])
        need(any(barred) or not barred, "the claim is vacuous: all is conceded")
        for family, parts in families.items():
            of_each = [known(asked.estate, origin) for origin in family]
            proofs |= dict.fromkeys(cover(parts, conflicts, of_each))
    for origin in needed | origins.keys():
        fits = origins[origin] == (origin in needed)
        need(fits, f"`{origin}` is an origin too many, or left out")
    need(not needed or claim["kind"] != "facility", f"facilities there: {needed}")
    most = f"{claim['share']} percent" if "single" in claim["kind"] else "any"
    said = f"{len(needed)} origins, certain or not, of which none reaches {most} of"
    return said, [*proofs]


def _read(path: Path) -> Json:
    told = parse(path.read_bytes().removesuffix(b"\n"), path.name)
    told = told if type(told) is dict else {}
    shows = "parts" if told.get("ringfence") == "certificate/1" else "paths"
    need(
        shows in told and not {"parts", "paths"} <= told.keys(),
        f"`{shows}` and no other",
    )
    conform(told, "proof", path.name)
    told = {"parts": [], "paths": [], "grant": "", "conflicts": [], **told}
    told["parts"] = [{"without": [], **part} for part in told["parts"]]
    return told


def _complete(case: Case, question: Question) -> None:
    """Refuse absence where a source wasn't read, or says nothing of that time."""
    as_of, days = case.boundary["as_of"], case.boundary["max_age_days"]
    during = question.claim["during"]
    covered: set[str] = set()
    for source in case.sources:
        need(not source.unknown, f"source {source.id} wasn't read: {source.unknown}")
        try:
            collected = datetime.fromisoformat(source.value)
            age = abs(datetime.fromisoformat(as_of) - collected)
        except (ValueError, TypeError):
            raise RefusedError(f"source {source.id} has no date") from None
        since = source.detail.get("history_since", "")
        fresh = (
            age.total_seconds() <= days * 86400 or "" < since <= as_of <= source.value
        )
        need(fresh, f"source {source.id} is {age} away")
        told = not during or "" < since <= during[0]
        need(told, f"source {source.id} tells no history of the period")
        covered.update(source.detail.get("covers", "").split("\n"))
    need(case.sources, "no source was read")
    silent = {f.source for f in case.facts.values()} - {s.id for s in case.sources}
    need(not silent, f"nobody dated source {min(silent, default='')}")
    need(not during or during[1] <= as_of, "the period ends after the date judged")
    need(question.universe, "the claim is vacuous, or its universe not known")
    if question.kind not in ("residency", "presence", "facility"):
        _entered(question, covered)


def _entered(question: Question, covered: set[str]) -> None:
    """Refuse absence where nobody says who gets at a store, or answers for it."""
    for store in question.holders():
        silent = set() if store in covered else question.entrances(store) - covered
        need(not silent, f"no source covers `{min(silent, default='')}`")
        edges = filter(question.counts, question.estate.into.get(store, ()))
        owned = any(edge.id.startswith("legal_entity:") for edge in edges)
        need(
            owned or question.kind != "jurisdiction",
            f"nobody says who operates or holds `{store}`",
        )


def _placed(question: Question) -> None:
    """Refuse absence of what isn't there: nothing protected, or in no known store."""
    need(YES in question.targets.values(), "the claim is vacuous: no target is certain")
    if question.kind == "facility":
        return
    every = [one["name"] for one in question.estate.boundary["protected"]]
    for name in question.claim["protected"] or every:
        matched = YES in protected(question.estate, (name,)).values()
        need(matched, f"the claim is vacuous: protection {name} matches nothing")
    loose = question.loose()
    need(not loose, f"no store is known of `{min(loose, default='')}`")


def _acquainted(question: Question, told: Json) -> None:
    """Refuse absence where a way leads over somebody whom no source describes."""
    if question.kind in ("residency", "presence", "facility"):
        return
    held: dict[str, int] = {}
    for part in told["parts"]:
        held |= dict.fromkeys(part["closed"].get("control", ()), 1)
    strangers = question.strangers(held)
    name = min(strangers, default="")
    need(not strangers, f"no source describes `{name}`, or says who holds it")


def _held(part: Json) -> dict[str, int]:
    """Return what a closed set holds of each node, once its form is right."""
    closed, held = part["closed"], defaultdict[str, int](int)
    digest = hashlib.sha256(canonical(closed)).hexdigest()
    need(digest == part["closed_digest"], "`closed_digest` isn't that of `closed`")
    without = part["without"]
    for nodes in (part["origins"], part["barred"], without, *closed.values()):
        need(all(a < b for a, b in pairwise(nodes)), "a list isn't sorted, or repeats")
    for verb, nodes in closed.items():
        need(verb in BITS, f"`{verb}` is no verb")
        for node in nodes:
            need(is_data(node) != (verb == "control"), f"nobody has {verb} of `{node}`")
            held[node] |= BITS[verb]
    return dict(held)


def _parts(question: Question, parts: list[Json]) -> list[set[str]]:
    """Refuse closed sets that an edge leaves, or that hold what they must miss.

    What an edge needs beside its tail may be in another's hands, or come by another
    request: it's looked for in all closed sets, unless the claim is about one alone.
    What an edge gives for good is in all those of the same origins.

    Returns:
        What each must miss.
    """
    lent: dict[str, int] = defaultdict(int)
    alone = question.kind == "no_single_principal"
    shared: dict[tuple[str, ...], Held] = {}
    pairs = [*zip(parts, map(_held, parts), strict=True)]
    for part, held in pairs:
        before = shared.get(family := tuple(part["origins"]), held)
        shared[family] = {n: bits & held.get(n, 0) for n, bits in before.items()}
        for node, bits in () if alone else held.items():
            lent[node] |= bits
    missed = [_part(question, part, held) for part, held in pairs]
    for part, held in pairs:
        _kept(question, part, held, lent, shared[tuple(part["origins"])])
    return missed


def _part(question: Question, part: Json, held: Held) -> set[str]:
    """Refuse a closed set that lacks an origin, or holds what it must miss."""
    whole = question.bare or question.kind == "no_single_principal"
    need(not (whole and part["without"]), "this claim leaves out no guards")
    conceded: set[str] = set()
    for origin in part["origins"]:
        within = held.get(origin, 0) & entry(origin)
        need(within, f"`closed` lacks its origin `{origin}`")
        leaves = question.leaves(origin)
        need(sorted(leaves) == part["exceptions"], f"`exceptions` don't fit `{origin}`")
        conceded.update(*leaves.values())
    barred = _barred(question, part["barred"], conceded)
    for node in barred:
        need(not held.get(node, 0) & question.verbs, f"`closed` holds `{node}`")
    return barred


def _kept(question: Question, part: Json, held: Held, lent: Held, shared: Held) -> None:
    """Refuse a closed set that an edge leaves, or a lasting one what all share."""
    left_out = {*part["without"]}
    for node, bits in held.items():
        for edge in question.estate.out.get(node, ()):
            kept = shared if edge.name in LASTING else held
            gained = moved(edge, bits) & ~kept.get(edge.value, 0)
            if not gained or not question.counts(edge) or edge.guard in left_out:
                continue
            if all(entry(n) & (held.get(n, 0) | lent.get(n, 0)) for n in edge.needs):
                out = gained & ~held.get(edge.value, 0)
                how = "leaves `closed`" if out else "lasts, and another set lacks it"
                need(0, f"`{edge.id}` {edge.name} `{edge.value}` {how}")


def _barred(question: Question, told: list[str], conceded: set[str]) -> set[str]:
    """Return the targets that a closed set has to miss."""
    targets, share = question.targets, question.claim["share"]
    if question.kind != "no_single_principal":
        need(not told, "`barred` isn't for this claim to choose")
        return targets.keys() - conceded
    need(targets.keys() >= set(told), "`barred` has what is no target")
    # However the unknown targets turn out, those left are too few to be everything.
    missed = sum(targets[node] == YES for node in told)
    enough = missed * share > (len(targets) - len(told)) * (100 - share)
    need(enough, "`barred` is too small")
    return set(told)


def _chains(case: Case, question: Question, told: Json) -> str:
    """Refuse paths that don't show what they should; say what they show."""
    paths, shown = told["paths"], {path["target"] for path in told["paths"]}
    need(paths, "there is no path")
    for path in paths:
        _chain(case, question, path)
    origin, fact = paths[0]["origin"], case.facts.get(told["grant"].encode())
    if question.kind == "control_operates":
        told_by = fact in question.deciding[origin] and question.decided(fact)
        need(told_by == YES, "`grant` doesn't show a decision outside the team")
    else:
        need(not told["grant"], "`grant` says nothing about this claim")
    if question.kind == "no_single_principal":
        # However the unknown targets turn out, what is shown has to be enough.
        every = question.targets
        enough = len(shown) * 100 >= len(every) * question.claim["share"]
        need(enough and len({path["origin"] for path in paths}) == 1, "too few targets")
        return f"{_bare(origin)} reaches {len(shown)} of {len(every)} targets"
    if question.kind == "facility":
        return f"{_bare(origin)} lies there"
    ends = f"{_bare(origin)} reaches {_bare(paths[0]['target'])}"
    return f"{ends} in {len(paths[0]['facts'])} hops"


def _bare(node: str) -> str:
    return node.partition(":")[2]


def _chain(case: Case, question: Question, path: Json) -> None:
    """Refuse a path that isn't a derivation of its end from what origins hold."""
    origin, target, verb = path["origin"], path["target"], path["verb"]
    need(question.origins.get(origin) == YES, f"`{origin}` is not surely an origin")
    if question.kind == "facility":
        need((target, verb, path["facts"]) == (origin, "", []), "not a facility's path")
        return
    need(question.targets.get(target) == YES, f"`{target}` is not surely a target")
    request = path.get("request", {})
    need(not (question.bare and request), "`request` says nothing of bare reach")
    made = {} if question.bare else made_by(question.estate, origin, request)
    end, held, drawn = origin, {origin: entry(origin)}, {origin}
    facts = [case.facts.get(line.encode()) for line in path["facts"]]
    for number, fact in enumerate(facts, 1):
        if fact is None or fact not in question.estate.out.get(fact.id, ()):
            raise RefusedError(f"hop {number} is no edge in force from `{end}`")
        drawn |= question.walk(fact, held, made, f"hop {number}")
        end = fact.value
    ends = end == target and held[end] & question.verbs & BITS.get(verb, 0)
    need(ends, f"the path doesn't lead to `{verb}` on `{target}`")
    leaves = [question.leaves(one, certain=False).values() for one in drawn]
    conceded = any(target in leave for each in leaves for leave in each)
    need(not conceded, f"`{target}` is conceded")
    touched = {node for fact in facts if fact for node in (fact.id, *fact.needs)}
    need(origin in touched or not facts, f"no hop is from `{origin}`")
    guarded = not question.bare and any(fact.guard for fact in facts if fact)
    need(len(drawn) == 1 or not guarded, "one `request` isn't several origins'")
