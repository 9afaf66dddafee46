"""What the server would answer: `has_table_privilege` and its kin, without the server.

A faithful copy of the server's rules (aclchk.c), kept honest by a test that compares
every role, relation, column and verb with a running server. NULL access lists come from
the snapshot with their defaults filled in (`acldefault`).
"""

from __future__ import annotations

from ringfence.sources.postgres.escalation import Powers
from ringfence.sources.postgres.snapshot import Acl, Column, Relation, Schema, Snapshot

MAINTAIN_SINCE = 170000
TABLE_VERBS = (
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
    "MAINTAIN",
)
COLUMN_VERBS = ("SELECT", "INSERT", "UPDATE", "REFERENCES")

FIRST_OWN_OID = 16384  # objects below were made by initdb
_WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")

# Roles that the server lets through without a grant, by verb.
_PREDEFINED = {
    "SELECT": ("pg_read_all_data",),
    "INSERT": ("pg_write_all_data",),
    "UPDATE": ("pg_write_all_data",),
    "DELETE": ("pg_write_all_data",),
    "MAINTAIN": ("pg_maintain",),
    "USAGE": ("pg_read_all_data", "pg_write_all_data"),
}


class Model:
    """The privileges of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Index a snapshot."""
        self.snapshot = snapshot
        self.powers = Powers(snapshot)
        self.roles = {role.oid: role for role in snapshot.roles}
        self.schemas = {schema.oid: schema for schema in snapshot.schemas}
        self.relations = {relation.oid: relation for relation in snapshot.relations}
        self._by_name = {role.name: role.oid for role in snapshot.roles}
        self._predefined = {
            verb: self._mask_of(names) for verb, names in _PREDEFINED.items()
        }

    def _mask_of(self, names: tuple[str, ...]) -> int:
        found = 0
        for name in names:
            if name in self._by_name:
                found |= self.powers.mask(self._by_name[name])
        return found

    @property
    def verbs(self) -> tuple[str, ...]:
        """Return the verbs that this server version knows."""
        known = self.snapshot.version >= MAINTAIN_SINCE
        return TABLE_VERBS if known else TABLE_VERBS[:-1]

    # --- who holds what: masks of the roles that a grant names ------------------------

    def named(self, acl: Acl, verb: str, *, grantable: bool = False) -> int:
        """Return the roles that an access list gives a verb."""
        found = 0
        for grant in acl:
            if grant.privilege == verb and (grant.grantable or not grantable):
                found |= self.powers.mask(grant.grantee)
        return found

    def holders(self, relation: Relation, verb: str) -> int:
        """Return the roles that hold a verb on a whole relation."""
        if relation.oid < FIRST_OWN_OID and verb in _WRITES:
            return 0  # only a superuser writes to the catalogue, whatever was granted
        return self.named(relation.acl, verb) | self._predefined.get(verb, 0)

    def column_holders(self, relation: Relation, column: Column, verb: str) -> int:
        """Return the roles that hold a verb on a column, alone or with the rest."""
        return self.holders(relation, verb) | self.named(column.acl, verb)

    def finders(self, schema: Schema) -> int:
        """Return the roles that may look up names in a schema (USAGE)."""
        return self.named(schema.acl, "USAGE") | self._predefined["USAGE"]

    def openers(self, schema: Schema) -> int:
        """Return the roles that may let any role look up names in a schema."""
        owner = self.powers.mask(schema.owner)
        return owner | self.named(schema.acl, "USAGE", grantable=True)

    # --- what the server would answer -------------------------------------------------

    def has_privs_of(self, role: int, other: int) -> bool:
        """Return `pg_has_role(role, other, 'USAGE')`."""
        if self._is_superuser(role):
            return True
        number = self.powers.bit[role]
        return bool(self.powers.inherited(number) & self.powers.mask(other))

    def _is_superuser(self, role: int) -> bool:
        return role in self.roles and self.roles[role].superuser

    def _holds(self, role: int, holders: int) -> bool:
        if self._is_superuser(role):
            return True
        number = self.powers.bit.get(role)
        return number is not None and bool(self.powers.inherited(number) & holders)

    def has_usage(self, role: int, schema: int) -> bool:
        """Return `has_schema_privilege(role, schema, 'USAGE')`."""
        return self._holds(role, self.finders(self.schemas[schema]))

    def has_privilege(
        self, role: int, relation: int, verb: str, *, column: int | None = None
    ) -> bool:
        """Return `has_table_privilege`, or with a column `has_column_privilege`."""
        of = self.relations[relation]
        if column is None:
            return self._holds(role, self.holders(of, verb))
        (found,) = (each for each in of.columns if each.number == column)
        return self._holds(role, self.column_holders(of, found, verb))

    def has_any_column_privilege(self, role: int, relation: int, verb: str) -> bool:
        """Return `has_any_column_privilege(role, relation, verb)`."""
        of = self.relations[relation]
        each = (self.column_holders(of, column, verb) for column in of.columns)
        return any(self._holds(role, holders) for holders in each)

    def passes_row_security(self, role: int, relation: int) -> bool:
        """Tell whether row security, where it is on, leaves this role alone."""
        of = self.relations[relation]
        if not of.row_security or self._is_superuser(role):
            return True
        if role in self.roles and self.roles[role].bypass_rls:
            return True
        return self.has_privs_of(role, of.owner) and not of.force_row_security
