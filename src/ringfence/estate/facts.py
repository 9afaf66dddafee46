"""Facts as values, and the portable facts file.

A facts file is UTF-8, one fact a line, each line canonical JSON: keys sorted, no
blanks, no key whose value is empty. Its sorted lines are the estate's canonical order,
so that `sha256sum facts.jsonl` is the estate digest and nobody needs us to compute it.

A fact has four forms that share one shape:

    {"fact":"source","id":"hr","name":"csv","value":<collection time>,...}
    {"fact":"node","id":"person:ann",...}
    {"fact":"attribute","id":"person:ann","name":"residence","value":"CN",...}
    {"fact":"edge","id":<tail>,"name":"member_of","value":<head>,...}
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from ringfence.guard.tree import Condition

Form = Literal["source", "node", "attribute", "edge"]


class Fact(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """One dated fact.

    Attributes:
        at: Where the source says so: `people.csv:214`, `groups.json#/Resources/17`.
        control: What stands in the way of an edge, in words (a row filter, a guard).
            Bare reach ignores it; residual reach can't decide it and says so.
        detail: Further strings by name: a share's bounds, who approved, who disputes.
        fact: The form.
        guard: The condition under which an edge works. Bare reach ignores it; residual
            reach asks whether any request can meet it.
        id: The node that the fact is about; an edge's tail; a source's name.
        name: The attribute, the edge kind, or the source's format.
        needs: For an edge that works only together with something else (a key beside
            the ciphertext, a second approver): the nodes that have to be held too.
        since: First instant at which the fact holds, `YYYY-MM-DDTHH:MM:SSZ`.
        source: Name of the source that stated the fact.
        unknown: Why it can't be decided whether the fact holds. It then widens reach,
            and never helps a claim.
        until: First instant at which the fact no longer holds.
        value: The attribute's value, the edge's head, or the time of collection.
        verb: For a grant, the verb (`ringfence.boundary.vocabulary.VERBS`).
    """

    # Fields stand in alphabetical order: that is the canonical order of the keys.
    at: str
    control: str = ""
    detail: dict[str, str] = {}
    fact: Form
    guard: Condition | None = None
    id: str
    name: str = ""
    needs: tuple[str, ...] = ()
    since: str = ""
    source: str
    unknown: str = ""
    until: str = ""
    value: str = ""
    verb: str = ""


_encoder = msgspec.json.Encoder(order="sorted")


def line(fact: Fact) -> bytes:
    """Return the fact as its canonical line, without the line end."""
    return _encoder.encode(fact)


def node(id: str, *, at: str, source: str, since: str = "", until: str = "") -> Fact:  # noqa: A002
    """Return the fact that a node exists."""
    return Fact(fact="node", id=id, at=at, source=source, since=since, until=until)


def attribute(
    id: str,  # noqa: A002
    name: str,
    value: str,
    *,
    at: str,
    source: str,
    since: str = "",
    until: str = "",
    detail: dict[str, str] | None = None,
) -> Fact:
    """Return the fact that a node has an attribute."""
    return Fact(
        fact="attribute",
        id=id,
        name=name,
        value=value,
        at=at,
        source=source,
        since=since,
        until=until,
        detail=detail or {},
    )


def edge(
    tail: str,
    kind: str,
    head: str,
    *,
    at: str,
    source: str,
    verb: str = "",
    control: str = "",
    guard: Condition | None = None,
    needs: Iterable[str] = (),
    unknown: str = "",
    since: str = "",
    until: str = "",
    detail: dict[str, str] | None = None,
) -> Fact:
    """Return the fact that an edge joins two nodes."""
    return Fact(
        fact="edge",
        id=tail,
        name=kind,
        value=head,
        verb=verb,
        control=control,
        guard=guard,
        needs=tuple(sorted({*needs})),
        unknown=unknown,
        at=at,
        source=source,
        since=since,
        until=until,
        detail=detail or {},
    )
