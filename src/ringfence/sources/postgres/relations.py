"""Facts about relations: what there is, and who holds which verb on it.

Reading a table takes USAGE on its schema and SELECT on the table, but not from one role
at one time: `PREPARE` resolves names as one role, `EXECUTE` after `SET ROLE` checks
privileges as another. So any two roles that somebody can act as will do. Statements
that can't be prepared (TRUNCATE, CREATE TRIGGER, ...) need both at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.sources.postgres.emission import Emission, Layer
from ringfence.sources.postgres.escalation import bits
from ringfence.sources.postgres.model import COLUMN_VERBS
from ringfence.sources.postgres.naming import at
from ringfence.sources.postgres.rowsecurity import COMMANDS
from ringfence.sources.postgres.snapshot import Column, Relation
from ringfence.sources.postgres.views import Views

VERBS = {
    "SELECT": "read",
    "INSERT": "insert",
    "UPDATE": "update",
    "DELETE": "delete",
    "TRUNCATE": "truncate",
    "REFERENCES": "references",
    "TRIGGER": "trigger",
    "MAINTAIN": "maintain",
}
PREPARED = ("SELECT", "INSERT", "UPDATE", "DELETE")
_FORMS = {
    "r": "table",
    "p": "table",
    "v": "view",
    "m": "materialised_view",
    "f": "foreign_table",
}
_EVENTS = {"UPDATE": 4, "INSERT": 8, "DELETE": 16}
_APART = (
    "one role may look up the name and another holds the privilege; "
    "no single role that can be acted as has both"
)


def state_structure(to: Emission, relation: Relation) -> None:
    """State a relation, its columns, and the relations whose rows it shows."""
    id_ = to.naming.dataset(relation)
    place = at("pg_class", relation.oid)
    to.node(id_, place)
    to.attribute(id_, "form", _FORMS[relation.kind], f"{place}/relkind")
    to.edge(to.naming.root, "contains", id_, at=f"{place}/relnamespace")
    for column in relation.columns:
        where = f"postgres:pg_attribute/{relation.oid}/{column.number}"
        column_id = to.naming.column(relation, column)
        to.node(column_id, where)
        to.attribute(column_id, "type", column.type, f"{where}/atttypid")
        to.edge(id_, "contains", column_id, at=where)
    for parent in relation.parents:
        _state_parent(to, relation, parent)


def _state_parent(to: Emission, child: Relation, parent: int) -> None:
    """State that a child's rows show in its parent, whoever may read the child."""
    above = to.model.relations.get(parent)
    place = f"postgres:pg_inherits/{child.oid}/{parent}"
    if above is None:
        to.note(
            f"`{to.naming.relation_name(child)}` has a parent that isn't read", place
        )
        return
    names = {column.name: column for column in above.columns}
    more = [column.name for column in child.columns if column.name not in names]
    unknown = f"the parent doesn't show {', '.join(more)}" if more else ""
    tail, head = to.naming.dataset(above), to.naming.dataset(child)
    to.edge(tail, "contains", head, at=place, unknown=unknown)
    for column in child.columns:
        if column.name in names:
            tail = to.naming.column(above, names[column.name])
            head = to.naming.column(child, column)
            # Every verb reaches the child through its parent, column by column; and
            # what stands in the child is part of the parent's column.
            to.edge(tail, "contains", head, at=place)
            to.edge(head, "derived_from", tail, at=place)


@dataclass(slots=True)
class _Target:
    """One relation and verb: who reaches it, and how certainly."""

    to: Emission
    views: Views
    relation: Relation
    verb: str

    @property
    def place(self) -> str:
        return at("pg_class", self.relation.oid, "relacl")

    def layers(self, holders: int) -> list[Layer]:
        """Return who reaches what `holders` were granted."""
        model, powers = self.to.model, self.to.model.powers
        schema = model.schemas[self.relation.schema]
        finders, openers = model.finders(schema), model.openers(schema)
        can = powers.users(holders) & powers.users(finders | openers)
        apart = can & ~self.together(can, holders, finders, openers)
        if self.relation.kind == "v" and self.verb in PREPARED:
            return self._view_layers(can, holders)
        if self.relation.row_security and self.verb in COMMANDS:
            # A plan that depends on row security is made anew for each role, names
            # included; a function parsed once (BEGIN ATOMIC) gets round that.
            open_ = apart & ~self._may_store_code()
            return [*self._filtered(can & ~open_, holders), Layer(can, unknown=_APART)]
        if self.verb in PREPARED:
            return [Layer(can)]
        return [Layer(can & ~apart), Layer(can, unknown=_APART)]

    def together(self, can: int, holders: int, finders: int, openers: int) -> int:
        """Return those of `can` that have USAGE and privilege in one role at once."""
        powers = self.to.model.powers
        if finders & 1:
            return can
        found = can & powers.users(openers)
        for number in bits(can & ~found):
            if powers.at_once(number, holders, finders):
                found |= 1 << number
        return found

    def _may_store_code(self) -> int:
        """Return the roles that may make a temporary function or view."""
        database = self.to.model.snapshot.database
        model = self.to.model
        return (
            self.to.model.powers.everyone
            if model.named(database.acl, "TEMPORARY") & 1
            else 0
        )

    def _filtered(self, can: int, holders: int) -> list[Layer]:
        powers = self.to.model.powers
        past = 0
        for number in bits(can):
            if powers.bypasses(number, holders):
                past |= 1 << number
        return [
            Layer(past),
            Layer(can, control=self.views.rows.filter(self.relation, self.verb)),
        ]

    def _view_layers(self, can: int, holders: int) -> list[Layer]:
        if self.verb != "SELECT":
            works = self.relation.updatable & _EVENTS[self.verb]
            return [Layer(can)] if works else []
        broken = self.views.broken(self.relation)
        if broken:
            return [Layer(can, unknown=broken)]
        if self.views.is_fixed(self.relation):
            return [Layer(can)]
        certain = [
            self.views.readers(self.relation, holders, can, past=past)
            for past in (True, False)
        ]
        control = self.views.reader_filter(self.relation)
        needs = "it needs the reader's own privileges on what the view reads"
        return [
            Layer(certain[0]),
            Layer(certain[1], control=control),
            Layer(can, unknown=needs),
        ]


def state_grants(to: Emission, relation: Relation, views: Views) -> None:
    """State who holds which verb on a relation and on its columns."""
    owners = _state_owner(to, relation, views)
    for verb in to.model.verbs:
        if relation.kind in ("v", "m") and verb in ("TRUNCATE", "REFERENCES"):
            continue  # the grant can be made, the verb can't be done
        if relation.kind == "m" and verb not in ("SELECT", "MAINTAIN"):
            continue
        target = _Target(to, views, relation, verb)
        holders = to.model.holders(relation, verb)
        layers = target.layers(holders)
        writer = to.writer(to.naming.dataset(relation), VERBS[verb], target.place)
        to.grant(layers, writer, prefer=holders, carried=owners)
        if verb in COLUMN_VERBS:
            certain = owners | _certain(layers)
            for column in relation.columns:
                if column.acl:
                    _state_column(target, column, certain)


def _certain(layers: Sequence[Layer]) -> int:
    """Return the roles of which nothing more than this is left to say."""
    found = 0
    for layer in layers:
        found |= 0 if layer.unknown or layer.control else layer.roles
    return found


def _state_column(target: _Target, column: Column, carried: int) -> None:
    to, relation = target.to, target.relation
    named = to.model.named(column.acl, target.verb)
    if not named:
        return
    holders = named | to.model.holders(relation, target.verb)
    place = f"postgres:pg_attribute/{relation.oid}/{column.number}/attacl"
    id_ = to.naming.column(relation, column)
    write = to.writer(id_, VERBS[target.verb], place)
    to.grant(target.layers(holders), write, prefer=named, carried=carried)


def _state_owner(to: Emission, relation: Relation, views: Views) -> int:
    """State that an owner can do anything, and return who can for certain.

    An owner may grant itself whatever it revoked, and switch row security off; both
    take the relation's name, so USAGE on its schema in the same role.
    """
    model = to.model
    powers = model.powers
    owner = powers.mask(relation.owner)
    schema = model.schemas[relation.schema]
    finders, openers = model.finders(schema), model.openers(schema)
    can = powers.users(owner) & powers.users(finders | openers)
    target = _Target(to, views, relation, "OWNER")
    certain = target.together(can, owner, finders, openers)
    head, place = to.naming.dataset(relation), at("pg_class", relation.oid, "relowner")

    def write(number: int, layer: Layer) -> None:
        to.edge(
            to.role(number),
            "can_change",
            head,
            at=place,
            unknown=layer.unknown or to.doubt(number),
        )

    layers = [Layer(certain), Layer(can, unknown=_APART)]
    if relation.kind == "v" and (broken := views.broken(relation)):
        layers = [Layer(can, unknown=broken)]
        certain = 0
    to.grant(layers, write, prefer=owner)
    return certain
