"""What conditions mean, said a second time and naively, from their JSON.

Patterns are regular expressions here, numbers decimals and instants datetimes; whether
a request exists is asked of each one of a small universe.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Values = tuple[str, ...]
Node = Mapping[str, Any]


def passes(condition: str, request: Mapping[str, Values]) -> bool:
    """Return whether a request meets a condition, which is JSON, all of it decided."""
    folded = {key.lower(): values for key, values in request.items()}
    return _passes(json.loads(condition), lambda leaf: _leaf(leaf, folded))


def possible(conditions: Sequence[str], universe: Mapping[str, list[Values]]) -> bool:
    """Return whether some request passes whose keys have values of a universe.

    Requests that agree on every test are one, so each key is looked at by itself.
    """
    nodes = [json.loads(one) for one in conditions]
    leaves = {json.dumps(leaf): leaf for node in nodes for leaf in _leaves(node)}
    by_key: list[set[tuple[tuple[str, bool], ...]]] = []
    for key in {leaf["key"].lower() for leaf in leaves.values()}:
        about = {n: o for n, o in leaves.items() if o["key"].lower() == key}
        by_key.append(
            {
                tuple((n, _leaf(o, {key: values})) for n, o in about.items())
                for values in universe[key]
            }
        )
    for choice in itertools.product(*by_key):
        true = dict(itertools.chain.from_iterable(choice))
        if all(_passes(n, lambda leaf: true[json.dumps(leaf)]) for n in nodes):  # noqa: B023
            return True
    return False


def _leaves(node: Node) -> Iterator[Node]:
    if node["test"] in ("all", "any"):
        for part in node["of"]:
            yield from _leaves(part)
    elif node["test"] == "not":
        yield from _leaves(node["of"])
    else:
        yield node


def _passes(node: Node, leaf: Any) -> bool:
    match node["test"]:
        case "all":
            return all(_passes(part, leaf) for part in node["of"])
        case "any":
            return any(_passes(part, leaf) for part in node["of"])
        case "not":
            return not _passes(node["of"], leaf)
    return bool(leaf(node))


def _leaf(node: Node, request: Mapping[str, Values]) -> bool:
    values = request.get(node["key"].lower(), ())
    if node["test"] == "absent":
        return values == ()
    found = [any(_compares(node["op"], v, w) for w in node["values"]) for v in values]
    if node["each"] == "all":
        return False not in found
    return True in found and (node["each"] == "any" or len(values) == 1)


def _compares(op: str, value: str, wanted: str) -> bool:
    if op in ("equals", "equals_ignoring_case", "like", "arn_like"):
        return _is_like(op, value, wanted)
    if op == "in_network":
        return _in_network(value, wanted)
    if op in ("same_instant", "before", "until", "after", "from"):
        return _in_order(op, _instant(value), _instant(wanted))
    return _in_order(op, _number(value), _number(wanted))


def _pattern(glob: str, any_one: str) -> str:
    wild = {"*": f"{any_one}*", "?": any_one}
    return "".join(wild.get(c, re.escape(c)) for c in glob)


def _is_like(op: str, value: str, wanted: str) -> bool:
    flags = re.DOTALL
    pattern = re.escape(wanted)
    if op == "equals_ignoring_case":
        flags |= re.IGNORECASE  # enough for ASCII
    elif op == "like":
        pattern = _pattern(wanted, ".")
    elif op == "arn_like":
        *parts, last = wanted.split(":", 5)
        pattern = ":".join([*(_pattern(p, "[^:]") for p in parts), _pattern(last, ".")])
    return bool(re.fullmatch(pattern, value, flags))


def _in_network(value: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted)
    except ValueError:
        return False


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _instant(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _in_order(op: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    match op:
        case "less" | "before":
            return bool(left < right)
        case "at_most" | "until":
            return bool(left <= right)
        case "more" | "after":
            return bool(left > right)
        case "at_least" | "from":
            return bool(left >= right)
    return bool(left == right)
