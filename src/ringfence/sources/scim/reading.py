"""SCIM 2.0 resources to facts.

Taken: logins, whether an account is active, the work country, the enterprise extension,
groups with their members and owners. Names, birth dates, e-mail addresses, telephone
numbers and the like are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ringfence.documents.located import Located
from ringfence.errors import Locus
from ringfence.sources import names
from ringfence.sources.codes import country
from ringfence.sources.gathering import Gatherer
from ringfence.sources.scim.paths import ENTERPRISE, attribute, follow
from ringfence.sources.scim.resources import Resources
from ringfence.sources.source import Harvest, Order

_INACTIVE = "account inactive"
_PATHS = {
    "key": "userName",
    "residence": "",
    "employer": f"{ENTERPRISE}:organization",
    "team": f"{ENTERPRISE}:department",
}


class Scim:
    """Reads people and groups from SCIM 2.0."""

    kind = "scim"
    summary = "people, groups and memberships, from an identity provider's SCIM export"
    options: Sequence[str] = tuple(_PATHS)

    def read(self, order: Order) -> Harvest:
        """Return people, groups, members and owners.

        Raises:
            SourceError: A file isn't SCIM, pages are missing, or a person or group
                can't be told apart.
        """
        gatherer = Gatherer(order, self.options)
        resources = Resources(gatherer)
        gatherer.each_file(resources.read)
        resources.check_pages()
        _Directory(gatherer, resources).state()
        return gatherer.harvested()


class _Directory:
    def __init__(self, gatherer: Gatherer, resources: Resources) -> None:
        self._gatherer = gatherer
        self._resources = resources
        self._paths = {key: _path(gatherer, key) for key in _PATHS}
        self._found: Counter[str] = Counter()
        self._ids: dict[str, str] = {}  # SCIM id -> node id
        self._inactive: set[str] = set()
        self._joined: set[tuple[str, str]] = set()

    def state(self) -> None:
        """State every fact of the directory."""
        # Members are named by SCIM id, so everybody gets an id before anybody joins.
        people = [
            (user, id_) for user in self._resources.users if (id_ := self._name(user))
        ]
        groups = list(self._groups())
        for user, id_ in people:
            self._person(user, id_)
        for group, id_ in groups:
            self._group(group, id_)
        for user, id_ in people:
            self._listed_groups(user, id_)
        for option, path in self._paths.items():
            if path and people and option in self._gatherer.order.options:
                self._remark_path(option, path)

    def _name(self, user: Located) -> str | None:
        """Return the id of a person, and remember it under the SCIM id."""
        path = self._paths["key"]
        key = follow(user, path)
        name = self._gatherer.reader.text(key, f"`{path}`")
        if key is None:
            hint = "`key` says which attribute tells people apart"
            self._gatherer.reader.note(f"has no `{path}`", user.at, hint)
        if name is None:
            return None
        self._found["key"] += 1
        id_ = names.person(name)
        self._remember(user, id_)
        return id_

    def _remember(self, resource: Located, id_: str) -> None:
        found = attribute(resource, "id")
        scim_id = self._gatherer.reader.text(found, "`id`")
        if found is None or scim_id is None:
            return
        if self._ids.setdefault(scim_id, id_) != id_:
            hint = "export people and groups once"
            message = f"SCIM id `{scim_id}` stands for two"
            self._gatherer.reader.note(message, found.at, hint)

    def _groups(self) -> Iterator[tuple[Located, str]]:
        shown = [
            (group, _text(group, "displayName")) for group in self._resources.groups
        ]
        count = Counter(name for _, name in shown)
        for group, name in shown:
            scim_id = _text(group, "id")
            if not (name or scim_id):
                hint = "a group needs `displayName`"
                self._gatherer.reader.note("names no group", group.at, hint)
                continue
            id_ = f"group:{name or scim_id}"
            if name and count[name] > 1:
                id_ = f"group:{name}#{scim_id}"
                message = f"several groups are called `{name}`: this one is `{id_}`"
                self._gatherer.remark(message, group.at)
            self._remember(group, id_)
            yield group, id_

    def _person(self, user: Located, id_: str) -> None:
        gatherer = self._gatherer
        gatherer.node(id_, user.at)
        active = gatherer.reader.flag(attribute(user, "active"), "`active`")
        if active is not None:
            at = _at(user, "active")
            gatherer.state(id_, "active", "yes" if active else "no", at=at)
        if active is False:
            self._inactive.add(id_)
        self._country(id_, "location", follow(user, "addresses.work.country"))
        self._country(id_, "residence", self._follow(user, "residence"))
        employer = self._text(user, "employer")
        if employer:
            value = names.legal_entity(employer[0])
            gatherer.state(id_, "employer", value, at=employer[1])
        team = self._text(user, "team")
        if team:
            gatherer.state(id_, "team", team[0], at=team[1])
        self._superior(user, id_)

    def _follow(self, user: Located, option: str) -> Located | None:
        path = self._paths[option]
        found = follow(user, path) if path else None
        self._found[option] += found is not None
        return found

    def _text(self, user: Located, option: str) -> tuple[str, Locus] | None:
        found = self._follow(user, option)
        if found is None or found.data in (None, ""):
            return None
        text = self._gatherer.reader.text(found, f"`{self._paths[option]}`")
        return None if text is None else (text, found.at)

    def _country(self, id_: str, name: str, value: Located | None) -> None:
        if value is None or value.data in (None, ""):
            return
        reader = self._gatherer.reader
        text = reader.text(value, f"`{name}`")
        code = country(reader, text, value.at, name) if text else None
        if code is not None:
            self._gatherer.state(id_, name, code, at=value.at)

    def _superior(self, user: Located, id_: str) -> None:
        extension = attribute(user, ENTERPRISE)
        manager = attribute(extension, "manager")
        value = attribute(manager, "value") or manager
        if manager is None or value is None or not value.text():
            return
        superior = self._resolved(value, "person")
        self._gatherer.join(superior, "directs", id_, at=manager.at)

    def _group(self, group: Located, id_: str) -> None:
        gatherer = self._gatherer
        gatherer.node(id_, group.at)
        for member in self._list(group, "members"):
            self._edge(member, "member_of", id_)
        for holder in _holders(group):
            for owner in self._list(holder, "owners"):
                self._edge(owner, "owns_group", id_)

    def _list(self, value: Located, name: str) -> list[Located]:
        listed = attribute(value, name)
        if listed is None or listed.data is None:
            return []
        return self._gatherer.reader.each(listed, lambda item: item, f"`{name}`")

    def _edge(self, member: Located, kind: str, group: str) -> None:
        value = attribute(member, "value")
        text = self._gatherer.reader.text(value, "`value`")
        if value is None:
            self._gatherer.reader.note("names no member by `value`", member.at)
        if value is None or text is None:
            return
        tail = self._resolved(value, "group" if _is_group(member) else "person")
        self._join(tail, kind, group, member.at)

    def _join(self, tail: str, kind: str, group: str, at: Locus) -> None:
        control = _INACTIVE if tail in self._inactive else ""
        self._joined.add((tail, group))
        self._gatherer.join(tail, kind, group, at=at, control=control)

    def _resolved(self, value: Located, kind: str) -> str:
        scim_id = value.text()
        if scim_id in self._ids:
            return self._ids[scim_id]
        id_ = f"{kind}:scim-id/{scim_id}"
        message = f"`{scim_id}` is no resource of these files: it becomes `{id_}`"
        self._gatherer.remark(message, value.at)
        return id_

    def _listed_groups(self, user: Located, id_: str) -> None:
        """State the groups that a person lists and that don't list the person."""
        for entry in self._list(user, "groups"):
            value = attribute(entry, "value")
            if value is None or not value.text() or _text(entry, "type") == "indirect":
                continue
            shown = _text(entry, "display")
            known = self._ids.get(value.text())
            group = known or (f"group:{shown}" if shown else "")
            group = group or self._resolved(value, "group")
            if (id_, group) not in self._joined:
                self._join(id_, "member_of", group, entry.at)

    def _remark_path(self, option: str, path: str) -> None:
        if not self._found[option]:
            message = f"`{option}`: nobody has an attribute `{path}`"
            self._gatherer.remark(message, self._gatherer.order.options[option].at)


def _path(gatherer: Gatherer, option: str) -> str:
    """Return the attribute path of an option; `none` turns an option off."""
    path = gatherer.option(option, _PATHS[option])
    return "" if path == "none" and option != "key" else path


def _is_group(member: Located) -> bool:
    kind = _text(member, "type").casefold()
    return kind == "group" or (
        not kind and "/groups/" in _text(member, "$ref").casefold()
    )


def _holders(group: Located) -> Iterator[Located]:
    """Yield where owners may be listed: the group, and its extensions."""
    yield group
    if isinstance(group.data, dict):
        for key, value in group.data.items():
            if key.casefold().startswith("urn:"):
                yield value


def _text(value: Located, name: str) -> str:
    found = attribute(value, name)
    return "" if found is None else found.text()


def _at(value: Located, name: str) -> Locus:
    found = attribute(value, name)
    return value.at if found is None else found.at


SOURCE = Scim()
