"""The identity provider's export: accounts, groups, who belongs and who owns (SCIM)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from people import Person

_MESSAGE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
OWNERSHIP = "urn:ietf:params:scim:schemas:extension:loopwing:2.0:Group"

Chosen = Callable[[Person, int], bool]


@dataclass(frozen=True, slots=True)
class Group:
    """A group: which people belong, which other groups, and whose it is.

    Attributes:
        people: Asked for each person of `team`, with the person's number in it.
        owner: Team and residence of the owner, the first such person.
    """

    name: str
    team: tuple[str, ...] = ()
    people: Chosen = lambda _person, _number: True
    groups: tuple[str, ...] = ()
    owner: tuple[str, str] = ("office", "US")


def _in(*places: str) -> Chosen:
    return lambda person, _number: person.residence in places


def _first(count: int, *places: str) -> Chosen:
    """Choose the first few of a team in each of some places."""
    return lambda person, number: number < count and person.residence in places


def _team(name: str, team: str, owner: str = "US") -> Group:
    return Group(name, (team,), owner=(team, owner))


_TRUST = "trust-and-safety"
GROUPS = (
    # Each team has a group, which people join when they join the team.
    _team("growth-analytics", "growth", "CN"),
    _team("recommendation-engineering", "recommendation", "CN"),
    _team("ads-engineering", "ads"),
    _team("live-operations", "live", "CN"),
    _team("site-reliability", "infrastructure"),
    _team("data-platform", "data-platform", "CN"),
    _team("internal-audit", "internal-audit", "CN"),
    _team("office-services", "office"),
    _team("trust-and-safety", _TRUST),
    _team("creator-partnerships", "creators"),
    _team("support-agents", "support"),
    _team("payouts", "payouts"),
    _team("legal", "legal"),
    _team("us-access-team", "us-access"),
    # Groups that give entry to something. Teams sit in them as a whole.
    Group(
        "pulse-viewers",
        groups=("growth-analytics", "ads-analysts"),
        owner=("growth", "CN"),
    ),
    Group("ads-analysts", ("ads",), _in("US", "CN", "GB"), owner=("ads", "US")),
    Group("lantern-lookup", ("growth",), _first(4, "US", "CN"), owner=("growth", "CN")),
    Group(
        "quarry-analysts",
        ("data-platform", "growth"),
        _first(6, "US", "CN", "SG"),
        owner=("data-platform", "CN"),
    ),
    Group("foundry-operators", ("data-platform",), owner=("data-platform", "CN")),
    Group(
        "feature-engineers",
        groups=("recommendation-engineering",),
        owner=("recommendation", "CN"),
    ),
    Group(
        "search-operators",
        ("infrastructure",),
        _in("US", "CN"),
        owner=("infrastructure", "US"),
    ),
    Group(
        "experiment-readers",
        ("recommendation", "growth"),
        owner=("recommendation", "CN"),
    ),
    Group("green-channel", groups=("internal-audit",), owner=("internal-audit", "CN")),
    Group("gift-operations", groups=("live-operations",), owner=("live", "CN")),
    Group("campaign-desk", ("ads",), _in("US", "SG", "GB"), owner=("ads", "US")),
    Group("moderation-us", (_TRUST,), _in("US"), owner=(_TRUST, "US")),
    Group("moderation-sg", (_TRUST,), _in("SG"), owner=(_TRUST, "SG")),
    Group("moderation-gb", (_TRUST,), _in("GB"), owner=(_TRUST, "GB")),
    Group(
        "moderators",
        groups=("moderation-us", "moderation-sg", "moderation-gb"),
        owner=(_TRUST, "US"),
    ),
    Group(
        "law-enforcement-response",
        ("legal", _TRUST),
        _first(5, "US"),
        owner=("legal", "US"),
    ),
    Group("age-verification", (_TRUST,), _first(6, "US"), owner=(_TRUST, "US")),
    Group(
        "support-leads", ("support",), _first(5, "US", "SG"), owner=("support", "US")
    ),
    Group("creator-managers", ("creators",), _in("US", "GB"), owner=("creators", "US")),
    Group(
        "weekly-growth-list",
        ("creators",),
        _first(3, "US"),
        ("pulse-viewers",),
        ("creators", "US"),
    ),
    Group(
        "release-engineers",
        ("infrastructure",),
        _first(4, "US", "SG"),
        owner=("infrastructure", "US"),
    ),
    Group(
        "storage-operations",
        ("infrastructure",),
        _first(3, "US", "SG"),
        owner=("infrastructure", "US"),
    ),
    Group("payout-approvers", ("payouts",), _first(3, "US"), owner=("payouts", "US")),
    Group(
        "payout-liaison",
        ("office",),
        _first(1, "US", "SG", "CN"),
        owner=("payouts", "US"),
    ),
    Group("office-all", groups=("office-services",), owner=("office", "US")),
    Group("everybody"),
)


@dataclass(frozen=True, slots=True)
class Directory:
    """Who is in which group, and who owns which."""

    people: list[Person]
    members: dict[str, list[str]]  # group: logins
    groups: dict[str, tuple[str, ...]]  # group: groups in it
    owners: dict[str, str]  # group: login


def directory(people: list[Person]) -> Directory:
    """Return the groups, filled."""
    members = {group.name: _members(group, people) for group in GROUPS}
    members["everybody"] = [one.login for one in people]
    owners = {
        group.name: pick(people, group.owner[0], group.owner[1]).login
        for group in GROUPS
    }
    return Directory(people, members, {g.name: g.groups for g in GROUPS}, owners)


def pick(people: list[Person], team: str, place: str, number: int = 0) -> Person:
    """Return one of a team's people in a place, by number."""
    found = [one for one in people if (one.team, one.residence) == (team, place)]
    return [one for one in found if one.active][number]


def _members(group: Group, people: list[Person]) -> list[str]:
    found: list[str] = []
    counts: dict[tuple[str, str], int] = {}
    for one in people:
        if one.team not in group.team:
            continue
        key = (one.team, one.residence)
        number = counts[key] = counts.get(key, -1) + 1
        if group.people(one, number):
            found.append(one.login)
    return found


def accounts(found: Directory) -> str:
    """Return `scim/users.json`."""
    resources = [
        {
            "schemas": [_USER],
            "id": _user_id(number),
            "userName": one.login,
            "active": one.active,
        }
        for number, one in enumerate(found.people)
    ]
    return _listed(resources)


def groups(found: Directory) -> str:
    """Return `scim/groups.json`."""
    ids = {one.login: _user_id(number) for number, one in enumerate(found.people)}
    numbers = {group.name: f"g-{n:03}" for n, group in enumerate(GROUPS, start=1)}
    resources = [
        {
            "schemas": [_GROUP, OWNERSHIP],
            "id": numbers[name],
            "displayName": name,
            "members": [
                *({"value": ids[login], "type": "User"} for login in members),
                *(
                    {"value": numbers[inner], "type": "Group"}
                    for inner in found.groups[name]
                ),
            ],
            OWNERSHIP: {"owners": [{"value": ids[found.owners[name]]}]},
        }
        for name, members in found.members.items()
    ]
    return _listed(resources)


def _user_id(number: int) -> str:
    return f"u-{number + 1:04}"


def _listed(resources: list[dict[str, object]]) -> str:
    """Return a list response, one resource a line."""
    lines = ",\n".join(json.dumps(each) for each in resources)
    return (
        f'{{"schemas": ["{_MESSAGE}"],\n"totalResults": {len(resources)},\n'
        f'"startIndex": 1,\n"itemsPerPage": {len(resources)},\n'
        f'"Resources": [\n{lines}\n]}}\n'
    )
