"""Attribute paths into SCIM resources (RFC 7643 section 2.1, RFC 7644 section 3.10).

`userName`, `emails.primary`, `addresses.work.country`, or behind a schema's name:
`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`. In a list the
next part of the path picks the item: by its type, or `primary`. Names of attributes
are read in whatever case they are written (section 2.1).
"""

from __future__ import annotations

from ringfence.documents.located import Located

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def attribute(value: Located | None, name: str) -> Located | None:
    """Return an attribute of a resource, or of a complex attribute."""
    if value is None or not isinstance(value.data, dict):
        return None
    exact = value.data.get(name)
    if exact is not None:
        return exact
    wanted = name.casefold()
    for key, entry in value.data.items():
        if key.casefold() == wanted:
            return entry
    return None


def follow(resource: Located, path: str) -> Located | None:
    """Return what a path leads to in a resource, or None."""
    found: Located | None = resource
    schema, rest = _schema(resource, path)
    if schema:
        found = attribute(resource, schema)
    for part in rest.split("."):
        found = _step(found, part)
    return _single(found)


def _schema(resource: Located, path: str) -> tuple[str, str]:
    """Split a path into the schema that it begins with, if any, and the rest."""
    if not path.casefold().startswith("urn:") or not isinstance(resource.data, dict):
        return "", path
    folded = path.casefold()
    schemas = [
        key
        for key in resource.data
        if folded.startswith((f"{key.casefold()}:", f"{key.casefold()}."))
    ]
    schema = max(schemas, key=len, default=path)
    return schema, path[len(schema) + 1 :]


def _step(value: Located | None, part: str) -> Located | None:
    if value is None or not isinstance(value.data, list):
        return attribute(value, part)
    for item in value.data:
        primary, kind = attribute(item, "primary"), attribute(item, "type")
        if part.casefold() == "primary" and primary and primary.data is True:
            return item
        if kind and kind.text().casefold() == part.casefold():
            return item
    return None


def _single(value: Located | None) -> Located | None:
    """Return the one value that a path ends at: of a list or object, its `value`."""
    if value is not None and isinstance(value.data, list):
        value = value.data[0] if len(value.data) == 1 else None
    if value is not None and isinstance(value.data, dict):
        return attribute(value, "value")
    return value
