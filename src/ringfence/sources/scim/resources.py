"""The resources of an export: pages of a list, arrays, single ones, or lines.

An export that stops in the middle looks like a smaller company. So the pages of each
list must add up to the total that the list itself states (RFC 7644 section 3.4.2).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ringfence.documents.located import Located, describe
from ringfence.errors import Locus
from ringfence.sources.gathering import Gatherer
from ringfence.sources.scim.paths import attribute

_LIST = "urn:ietf:params:scim:api:messages:2.0:listresponse"
_SCHEMAS = {
    "urn:ietf:params:scim:schemas:core:2.0:user": "User",
    "urn:ietf:params:scim:schemas:core:2.0:group": "Group",
}


@dataclass(slots=True)
class Resources:
    """The people and the groups of all the files."""

    gatherer: Gatherer
    users: list[Located] = field(default_factory=list)
    groups: list[Located] = field(default_factory=list)
    _pages: dict[tuple[str, int], tuple[int, Locus]] = field(default_factory=dict)

    def read(self, file: str) -> None:
        """Add the resources of one file."""
        for document in self.gatherer.json(file):
            self._document(document)

    def _document(self, document: Located) -> None:
        if isinstance(document.data, list):
            for item in document.data:
                self._resource(item)
        elif _LIST in _schemas(document) or attribute(document, "Resources"):
            self._list(document)
        else:
            self._resource(document)

    def _list(self, document: Located) -> None:
        reader = self.gatherer.reader
        listed = attribute(document, "Resources")
        items = reader.each(listed, lambda item: item, "`Resources`")
        kinds = {self._resource(item) for item in items}
        total = attribute(document, "totalResults")
        stated = reader.whole(total, "`totalResults`")
        if total is not None and stated is not None:
            key = ("".join(sorted(kinds)), stated)
            found, at = self._pages.get(key, (0, total.at))
            self._pages[key] = (found + len(items), at)

    def _resource(self, resource: Located) -> str:
        """Add a resource; return what kind it is."""
        if not isinstance(resource.data, dict):
            message = f"a resource must be an object, not {describe(resource)}"
            self.gatherer.reader.note(message, resource.at)
            return ""
        kind = _kind(resource)
        if kind == "User":
            self.users.append(resource)
        elif kind == "Group":
            self.groups.append(resource)
        else:
            self.gatherer.remark("neither a User nor a Group: not read", resource.at)
        return kind

    def check_pages(self) -> None:
        """Note lists of which pages are missing."""
        for (_, total), (found, at) in self._pages.items():
            if found < total:
                message = f"holds {found} of {total} resources"
                hint = "add the files with the other pages"
                self.gatherer.reader.note(message, at, hint)


def _schemas(value: Located) -> set[str]:
    schemas = attribute(value, "schemas")
    return {item.text().casefold() for item in schemas.items()} if schemas else set()


def _kind(resource: Located) -> str:
    for schema in _schemas(resource):
        if schema in _SCHEMAS:
            return _SCHEMAS[schema]
    meta = attribute(attribute(resource, "meta"), "resourceType")
    if meta is not None:
        return meta.text()
    if attribute(resource, "userName"):
        return "User"
    return "Group" if attribute(resource, "displayName") else ""
