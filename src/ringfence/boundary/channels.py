"""Declared flows: what may leave, to whom, and how much of it."""

from __future__ import annotations

from typing import Literal

from ringfence.boundary.value import Value

ChannelMask = Literal["token", "null", "full", "first4", "last4", "year"]
ColumnType = Literal["text", "integer", "number", "boolean", "time", "nested"]
Holds = Literal["value", "group", "count"]


class Declared(Value, frozen=True):
    """A column of a channel.

    Attributes:
        name: Its name; in JSON, a pointer in which `*` stands for every place of a
            list: `/people/*/email`.
        type: What its values are.
        tag: What it tells of somebody, as columns are tagged: `EMAIL`; empty: nothing.
        mask: What takes the place of its values; empty: they go as they are. A `token`
            is another one for each receiving group, so that two can't be joined.
        holds: `value`, or, of aggregates, `group` (what is counted by) or `count` (how
            many people).
        opaque: Values that tell nothing by themselves (random ids, digests of content)
            are expected here, and not held.
    """

    name: str
    type: ColumnType
    tag: str = ""
    mask: ChannelMask | Literal[""] = ""
    holds: Holds = "value"
    opaque: bool = False


class Channel(Value, frozen=True):
    """A declared flow.

    Attributes:
        name: Its name.
        recipients: Ids of those who receive: people, groups, entities, tools, stores.
        purpose: What for.
        owner: Who answers for it.
        approver: Id of the person who approved it; never its owner.
        until: First instant at which it doesn't hold any more.
        since: First instant at which it does.
        columns: What it carries; nothing else leaves.
        text: Texts without columns may leave too, where nobody protected is in them.
        cap: The most distinct subjects that may leave in twelve months; 0: nobody.
        cell: The smallest count of people that an aggregate may tell; 0: no aggregate
            is declared.
        takes: Patterns over ids of datasets that it draws on, without `dataset:`.
        ends: Ids of the stores and hosts that it ends at.
        exception: Name of the exception that concedes what goes to whom is excluded;
            empty: nothing does.
    """

    name: str
    recipients: tuple[str, ...]
    purpose: str
    owner: str
    approver: str
    until: str
    since: str = ""
    columns: tuple[Declared, ...] = ()
    text: bool = False
    cap: int = 0
    cell: int = 0
    takes: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    exception: str = ""


class Egress(Value, frozen=True):
    """What may leave: the part of a boundary that is judged at the exit.

    Attributes:
        excluded: Names of the selectors that keep somebody out; any one does.
        protected: Names of protections; empty means all.
        channels: Declared flows; what none declares doesn't leave.
    """

    excluded: tuple[str, ...]
    protected: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
