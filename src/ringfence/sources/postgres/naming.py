"""Ids and places of what a database holds."""

from __future__ import annotations

from ringfence.sources.postgres.snapshot import (
    PUBLIC,
    Column,
    Function,
    LargeObject,
    Relation,
    Remote,
    Snapshot,
)


def at(catalogue: str, oid: int, field: str = "") -> str:
    """Return a place in the catalogue: `postgres:pg_class/16412/relacl`."""
    return f"postgres:{catalogue}/{oid}" + (f"/{field}" if field else "")


class Naming:
    """Turns catalogue rows into node ids, all below one store's name."""

    def __init__(self, store: str, snapshot: Snapshot) -> None:
        """Name what a snapshot holds as parts of `store`."""
        self.store = store
        self._roles = {role.oid: role.name for role in snapshot.roles}
        self._roles[PUBLIC] = "PUBLIC"
        self._schemas = {schema.oid: schema.name for schema in snapshot.schemas}

    @property
    def root(self) -> str:
        """Return the store itself."""
        return f"store:{self.store}"

    def role(self, oid: int) -> str:
        """Return a role's id; PUBLIC is one, and so is a role that is gone."""
        return f"role:{self.store}/{self.role_name(oid)}"

    def role_name(self, oid: int) -> str:
        """Return a role's name, or its OID when it isn't known."""
        return self._roles.get(oid, str(oid))

    def schema_name(self, oid: int) -> str:
        """Return a schema's name, or its OID when it isn't known."""
        return self._schemas.get(oid, str(oid))

    def relation_name(self, relation: Relation) -> str:
        """Return `schema.relation`."""
        return f"{self.schema_name(relation.schema)}.{relation.name}"

    def dataset(self, relation: Relation) -> str:
        """Return a relation's id."""
        return f"dataset:{self.store}/{self.relation_name(relation)}"

    def column(self, relation: Relation, column: Column) -> str:
        """Return a column's id."""
        return f"column:{self.store}/{self.relation_name(relation)}.{column.name}"

    def tool(self, function: Function) -> str:
        """Return the id of a function that runs as its owner."""
        name = f"{self.schema_name(function.schema)}.{function.name}"
        return f"tool:{self.store}/{name}({function.arguments})"

    def large_object(self, each: LargeObject) -> str:
        """Return a large object's id."""
        return f"dataset:{self.store}/pg_largeobject.{each.oid}"

    def future(self, schema: int, creator: int) -> str:
        """Return the id that stands for relations that a role has yet to make."""
        where = "*" if schema == 0 else self.schema_name(schema)
        maker = self.role_name(creator)
        return f"dataset:{self.store}/{where}.(future relations of {maker})"

    def channel(self, kind: str, name: str) -> str:
        """Return the id of a way out of, or into, the database."""
        return f"channel:{self.store}/{kind}/{name}"


def remote_store(remote: Remote) -> str:
    """Return the name of the store that a connection leads to: `host/database`."""
    port = "" if remote.port in ("", "5432") else f":{remote.port}"
    return f"{remote.host or 'localhost'}{port}/{remote.database or 'postgres'}"
