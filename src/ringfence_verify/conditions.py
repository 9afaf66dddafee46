"""Guards: does this request meet them, and do closed sets see to every request?

A guard has three values, and one that isn't decided is not met. That guards exclude
each other is proved by constants alone, or by an SMT-LIB text that cvc5 can re-check.
"""

from __future__ import annotations

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from importlib import import_module
from itertools import islice, pairwise, product
from typing import Any

from ringfence_verify.estate import Estate
from ringfence_verify.excluded import pattern
from ringfence_verify.reading import SHAPES, Json, RefusedError, need

Request = Mapping[str, list[str]]  # the values of each key; of an absent one, none
MOST_SETS = 100_000
MOST_TRIED = 5_000
_DAY, *_OF_PERSON = (key.lstrip("?") for key in SHAPES["known"])
_FILE = "principal."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,2})?"
_SECONDS = r"[+-]?\d{1,400}(\.\d{1,400})?"
_MOMENT = (
    r"(\d{4}-\d\d-\d\d)"
    r"(?:T(\d\d:\d\d)(?:(:\d\d)(\.\d{1,400})?)?(Z|[+-]\d\d:?[0-5]\d))?"
)
_COMMANDS = {"set-logic", "declare-const", "declare-fun", "assert", "check-sat"}


def _number(text: str) -> Fraction | None:
    return Fraction(text) if re.fullmatch(_NUMBER, text, re.ASCII) else None


def _instant(text: str) -> Fraction | None:
    """Return seconds since 1970, told as such, as a date, or as a time with a zone."""
    if re.fullmatch(_SECONDS, text, re.ASCII):
        return Fraction(text)
    found = re.fullmatch(_MOMENT, text, re.ASCII)
    day, minute, second, part, zone = found.groups("") if found else [""] * 5
    told = f"{day}T{minute or '00:00'}{second}{zone or 'Z'}"
    try:
        whole = (datetime.fromisoformat(told) - _EPOCH) // timedelta(seconds=1)
    except ValueError:
        return None
    return whole + Fraction(f"0{part}")


def _network(text: str) -> Any:  # noqa: ANN401
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _folded(text: str) -> str:
    plain = ((c, c.casefold()) for c in text)
    return "".join(fold if len(fold) == 1 else c for c, fold in plain)


def _like(parts: list[str], globs: list[str]) -> bool:
    pairs = zip(parts, globs, strict=False)
    return len(parts) == len(globs) and all(pattern(g).fullmatch(p) for p, g in pairs)


# How an operator's kind reads a value, and a bound; None: it's nothing of the kind.
_READERS: dict[str, Callable[[str], Any]] = {
    "text": str,
    "folded": _folded,
    "number": _number,
    "instant": _instant,
    "glob": lambda text: [text],
    "arn": lambda text: text.split(":", 5) if text.count(":") >= 5 else None,  # noqa: PLR2004
    "address": lambda text: None if {*text} & {*"/%"} else _network(text),
    "network": _network,
}
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "like": _like,
    "in": lambda one, network: one[0] in network,
}


def _compares(op: str, value: str, bound: str) -> bool:
    """Whether a value compares with a bound; refuse a bound that nothing does."""
    kind, order, kind_of_bound = SHAPES["operators"][op].split("/")
    left, right = _READERS[kind](value), _READERS[kind_of_bound](bound)
    need(right is not None, f"a guard compares by `{op}` with `{bound}`")
    compare = _ORDERS.get(order) or getattr(operator, order)
    return left is not None and bool(compare(left, right))


def _passes(test: Json, request: Request) -> bool:
    """Whether a request passes a test of one key."""
    values = request.get(test["key"].casefold(), [])
    if test["test"] == "absent":
        return not values
    found = [any(_compares(test["op"], v, b) for b in test["values"]) for v in values]
    if test["each"] == "one":
        return found == [True]
    return all(found) if test["each"] == "all" else any(found)


def _holds(guard: Json, request: Request | None) -> bool | None:
    """Return whether a request meets a guard; without one, what constants settle."""
    match guard["test"]:
        case "all" | "any" as test:
            settles = test == "any"
            found = {_holds(part, request) for part in guard["of"]}
            silent = None if None in found else not settles
            return settles if settles in found else silent
        case "not":
            inner = _holds(guard["of"], request)
            return None if inner is None else not inner
        case "undecided":
            return None
    key = guard["key"].casefold()  # a time, or what is on file, isn't absent if untold
    untold = (key == _DAY or key.startswith(_FILE)) and not (request or {}).get(key)
    return None if request is None or untold else _passes(guard, request)


def meets(request: Request, guard: str) -> bool:
    """Whether a request, of which keys are folded, meets a guard."""
    return _holds(json.loads(guard), request) is True


def known(estate: Estate, origin: str) -> dict[str, list[str]]:
    """Return what is known of an origin's requests: the day, and a person's facts."""
    found = {_DAY: [estate.instant, estate.end]}
    for key in _OF_PERSON if origin.startswith("person:") else ():
        values, is_open = estate.values(origin, key.removeprefix(_FILE))
        if len(values) == 1 and not is_open:
            found[key] = [*values]
    return found


def made_by(estate: Estate, origin: str, request: Request) -> Request:
    """Return a request with all that is known of its origin; refuse another's."""
    made: dict[str, list[str]] = {}
    for key, values in request.items():
        made.setdefault(key.casefold(), []).extend(values)
    facts = known(estate, origin)
    first, end = facts.pop(_DAY)
    for text in (times := made.get(_DAY, [])):
        fits = _compares("from", text, first) and _compares("before", text, end)
        on_day = fits and len(times) == 1
        need(on_day, f"`request` isn't made from {first} on, before {end}")
    for key in made:
        is_known = key in facts or not key.startswith(_FILE)
        need(is_known, f"nobody knows {key} of `{origin}`")
    for key, values in facts.items():
        fits = made.setdefault(key, values) == values
        need(fits, f"`request` isn't one of `{origin}`: {key} is {values[0]}")
    return made


def vetted(conflicts: list[Json], guards: set[str]) -> list[Json]:
    """Return conflicts, first those that constants settle; refuse what is none."""
    for number, one in enumerate(conflicts, 1):
        place, told = f"conflict {number}", one["guards"]
        in_order = told and all(a < b for a, b in pairwise(told))
        need(in_order, f"{place}: `guards` is empty, unsorted or repeats")
        need(guards >= {*told}, f"{place} is about what is no guard")
        one["settled"] = any(_holds(json.loads(text), None) is False for text in told)
        met = None if one["settled"] else _met(told, one["known"])
        need(met is None, f"{place}: a request meets these guards: {met}"[:300])
    return sorted(conflicts, key=lambda one: not one["settled"])


def _met(guards: list[str], told: Json) -> Request | None:
    """Return a request that meets guards, of those that their own bounds suggest.

    None proves nothing; but what a solver is said to have excluded must not be found.
    """
    trees, tried = [json.loads(text) for text in guards], dict[str, list[list[str]]]()
    for test in (leaf for tree in trees for leaf in _leaves(tree)):
        values = tried.setdefault(test["key"].casefold(), [[], ["~"]])
        values += [[v] for b in test.get("values", ()) for v in _near(test["op"], b)]
    for key, values in told.items():
        tried[key] = [values[:1]]
    requests = (dict(zip(tried, one, strict=True)) for one in product(*tried.values()))
    fits = (one for one in islice(requests, MOST_TRIED) if _all_hold(trees, one))
    return next(fits, None)


def _all_hold(trees: list[Json], request: Request) -> bool:
    return all(_holds(tree, request) is True for tree in trees)


def _leaves(guard: Json) -> Iterator[Json]:
    inner = guard.get("of", ())
    for part in [inner] if isinstance(inner, dict) else inner:
        yield from _leaves(part)
    if "key" in guard:
        yield guard


def _near(op: str, bound: str) -> list[str]:
    """Return values at a bound of a comparison, and just beside it."""
    kind = SHAPES["operators"][op].split("/")[0]
    if kind == "address":
        network = _network(bound)
        return [str(network[0]), str(network[-1])] if network else []
    if kind in ("number", "instant"):
        value = _READERS[kind](bound) or 0
        return [bound, str(int(value) - 1), str(int(value) + 1)]
    globs = op in ("like", "arn_like")
    return [bound.replace("*", "x").replace("?", "x") if globs else bound]


def cover(
    parts: list[Json], conflicts: list[Json], origins: list[dict[str, list[str]]]
) -> list[str]:
    """Refuse closed sets if one request may meet guards that each of them leaves out.

    A request misses a guard of each conflict of which all that it takes is `known` of
    each of the `origins`. Whichever guards those are, there has to be a closed set
    that leaves out no others. Returns the proofs that this rests on.
    """
    without = [frozenset(part["without"]) for part in parts]
    waiting, seen = [frozenset[str]()], set[frozenset[str]]()
    proofs: dict[str, None] = {}
    sure = [
        one
        for one in conflicts
        if all(told.items() >= one["known"].items() for told in origins)
    ]
    while waiting:
        missed = waiting.pop()
        if missed in seen or any(out <= missed for out in without):
            continue
        seen.add(missed)
        need(len(seen) < MOST_SETS, "there are more sets of guards than can be checked")
        found = next((one for one in sure if missed.isdisjoint(one["guards"])), None)
        if found is None:
            met = min((sorted(out - missed) for out in without), key=len)
            text = " and ".join(met)[:200]
            raise RefusedError(f"no closed set covers requests that meet {text}")
        proofs |= {} if found["settled"] else {found["proof"]: None}
        waiting += [missed | {guard} for guard in found["guards"]]
    return [*proofs]


def recheck(proof: str) -> bool:
    """Whether cvc5 finds a proof's text unsatisfiable; False if it can't tell.

    Raises:
        ImportError: cvc5 isn't installed.
        RefusedError: It finds something else.
    """
    cvc5 = import_module("cvc5")
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", "10000")
    reader = cvc5.InputParser(solver)
    reader.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, proof, "proof")
    said = []
    try:
        while not (command := reader.nextCommand()).isNull():
            name = command.getCommandName()
            need(name in _COMMANDS, f"a guard proof has the command {name}")
            said += command.invoke(solver, reader.getSymbolManager()).split()
    except RuntimeError as error:
        raise RefusedError(f"a guard proof is not SMT-LIB: {error}") from None
    need(said in (["unsat"], ["unknown"]), "cvc5 doesn't find a guard proof to hold")
    return said == ["unsat"]
