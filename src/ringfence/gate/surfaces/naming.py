"""A caller's words for kinds, nodes and verbs, turned into the estate's.

A caller's own words come first, then what everybody calls it; a word in whatever case
is the same word. What nobody knows becomes the name of nothing that the estate knows,
which the decision treats as it treats every stranger: it is denied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from ringfence.boundary.naming import captured, folded, node_of
from ringfence.boundary.order import Naming
from ringfence.boundary.vocabulary import NODE_KINDS, VERBS
from ringfence.gate.compile.kept import Kept
from ringfence.gate.point.asked import Caller

_KINDS = {
    **{kind: kind for kind in NODE_KINDS},
    "user": "person",
    "table": "dataset",
    "view": "dataset",
}
_VERBS = {
    **{verb: verb for verb in VERBS},
    "select": "read",
    "get": "read",
    "view": "read",
    "list": "read",
    "query": "read",
    "write": "update",
    "modify": "update",
    "create": "insert",
    "append": "insert",
    "remove": "delete",
}

# What callers were found to mean. Who stands beside a node keeps his identity there.
_Kept = Kept[tuple[int, str, str], tuple[Caller, str]]
_principals: _Kept = Kept()
_resources: _Kept = Kept()
_identity = id


def kind(caller: Caller, type: str) -> str:  # noqa: A002 - the protocols' word
    """Return the kind of node that a caller means; empty when it is unknown."""
    return _KINDS.get(_word(caller.types, type), "")


def verb(caller: Caller, name: str) -> str:
    """Return the verb that a caller means; empty when it is unknown."""
    return _VERBS.get(_word(caller.actions, name), "")


def verb_names(caller: Caller, chosen: str) -> list[str]:
    """Return what a caller calls a verb, sorted: the verb itself if it has no words."""
    own = sorted(name for name in caller.actions if verb(caller, name) == chosen)
    if own:
        return own
    return [chosen] if verb(caller, chosen) == chosen else []


def principal(caller: Caller, type: str, id: str) -> str:  # noqa: A002
    """Return the id of the principal that a caller means, with its kind."""
    return _node(_principals, caller, caller.principals, type, id)


def resource(caller: Caller, type: str, id: str) -> str:  # noqa: A002
    """Return the id of the resource that a caller means, with its kind."""
    return _node(_resources, caller, caller.resources, type, id)


def principal_name(caller: Caller, type: str, node: str) -> str | None:  # noqa: A002
    """Return what a caller calls a principal as one of a type; None if it can't."""
    found = _names(caller, caller.principals, type, node)
    return next((one for one in found if principal(caller, type, one) == node), None)


def resource_name(caller: Caller, type: str, node: str) -> str | None:  # noqa: A002
    """Return what a caller calls a resource as one of a type; None if it can't."""
    found = _names(caller, caller.resources, type, node)
    return next((one for one in found if resource(caller, type, one) == node), None)


def _word(own: Mapping[str, str], word: str) -> str:
    """Return what a caller's own words make of a word, and else the word."""
    if word in own:
        return own[word].casefold()
    plain = word.casefold()
    if not own:
        return plain
    found = {one.casefold() for name, one in own.items() if name.casefold() == plain}
    if len(found) > 1:
        return ""  # two words that differ in case alone: nobody can say which is meant
    return found.pop() if found else plain


def _node(
    kept: _Kept,
    caller: Caller,
    namings: Sequence[Naming],
    type: str,  # noqa: A002
    id: str,  # noqa: A002
) -> str:
    key = _identity(caller), type, id
    found = kept.get(key)
    if found is None or found[0] is not caller:
        found = caller, _meant(caller, namings, type, id)
        kept.keep(key, found, length=len(type) + len(id))
    return found[1]


def _meant(caller: Caller, namings: Sequence[Naming], type: str, id: str) -> str:  # noqa: A002
    for naming in namings:
        pattern = _pattern(caller, naming, type)
        if pattern is not None and captured(pattern, id) is not None:
            return node_of((Naming(pattern, naming.node),), id)
    # A type that is unknown can't pass for a kind, however it is spelt.
    return folded(f"{kind(caller, type) or quote(type, safe='')}:{id}")


def _pattern(caller: Caller, naming: Naming, type: str) -> str | None:  # noqa: A002
    """Return the pattern that ids of a type have to fit; None if it is of another.

    What begins with a type that the caller knows is of that type alone: an id can't
    pass for one of another type because it begins so.
    """
    word, colon, rest = naming.match.partition(":")
    if not colon or not kind(caller, word):
        return naming.match
    return rest if word.casefold() == type.casefold() else None


def _names(
    caller: Caller,
    namings: Sequence[Naming],
    type: str,  # noqa: A002
    node: str,
) -> Iterator[str]:
    """Yield names that may stand for a node; each has to be tried."""
    for naming in namings:
        pattern = _pattern(caller, naming, type)
        taken = captured(naming.node.replace("{1}", "*", 1), node)
        if pattern is None or taken is None:
            continue
        if len(taken) == pattern.count("*"):
            yield pattern.replace("*", "".join(taken))
    yield node.partition(":")[2]
