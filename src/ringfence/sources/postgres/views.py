"""Views: whose privileges they run with, what they show, and whether they work at all.

A view opens what it reads as its owner (by the rules of inheritance, no USAGE needed),
unless it is a `security_invoker` view, which opens it as whoever runs the statement,
even from within another owner's view. One missing privilege anywhere below fails the
whole statement, so a view shows either all that it names or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from ringfence.sources.postgres.escalation import bits
from ringfence.sources.postgres.model import Model
from ringfence.sources.postgres.naming import Naming
from ringfence.sources.postgres.rowsecurity import RowSecurity
from ringfence.sources.postgres.snapshot import Column, Output, Relation, Use

Source = tuple[int, int]  # relation and column


@dataclass(frozen=True, slots=True)
class Check:
    """A privilege that the server asks for while a view runs; of None: the reader's."""

    use: Use
    of: int | None


class Views:
    """The views of a snapshot."""

    def __init__(self, model: Model, naming: Naming) -> None:
        """Prepare for the questions below."""
        self.model = model
        self.naming = naming
        self.rows = RowSecurity(model.snapshot)
        self._checks: dict[int, tuple[Check, ...]] = {}
        self._broken: dict[int, str] = {}

    # --- what is checked --------------------------------------------------------------

    def checks(self, view: Relation) -> tuple[Check, ...]:
        """Return everything that is checked when a view runs, views below included."""
        if view.oid not in self._checks:
            self._checks[view.oid] = ()  # ends a circle, which the server refuses
            self._checks[view.oid] = tuple(self._find_checks(view))
        return self._checks[view.oid]

    def _find_checks(self, view: Relation) -> list[Check]:
        found = []
        for use in view.query.uses if view.query else ():
            found.append(Check(use, None if view.security_invoker else view.owner))
            below = self.model.relations.get(use.relation)
            if below is not None and below.kind == "v":
                found += self.checks(below)
        return found

    def is_fixed(self, view: Relation) -> bool:
        """Tell whether nothing depends on the reader."""
        return all(check.of is not None for check in self.checks(view))

    def broken(self, view: Relation) -> str:
        """Return why a view fails for every reader, empty when it needn't."""
        if view.oid not in self._broken:
            self._broken[view.oid] = self._find_fault(view)
        return self._broken[view.oid]

    def _find_fault(self, view: Relation) -> str:
        if view.query is None:
            return "the view's stored query isn't understood"
        for check in self.checks(view):
            if check.of is not None and not self.permits(check.of, check.use):
                relation = self.model.relations[check.use.relation]
                owner = self.naming.role_name(check.of)
                name = self.naming.relation_name(relation)
                return f"the view fails: its owner {owner} may not read {name}"
        return ""

    def permits(self, role: int, use: Use) -> bool:
        """Tell whether a role holds what the server checks for one use."""
        relation = self.model.relations.get(use.relation)
        if relation is None:  # the system's own: open to everybody, or not protected
            return True
        return all(self._permits_verb(role, relation, use, verb) for verb in use.verbs)

    def _permits_verb(self, role: int, relation: Relation, use: Use, verb: str) -> bool:
        has = self.model.has_privilege
        if has(role, relation.oid, verb):
            return True
        if verb == "DELETE":
            return False
        if not use.columns:
            return self.model.has_any_column_privilege(role, relation.oid, verb)
        columns = self._named(relation, use)
        return all(has(role, relation.oid, verb, column=c.number) for c in columns)

    @staticmethod
    def _named(relation: Relation, use: Use) -> list[Column]:
        """Return the columns of a use; the whole row stands for all of them."""
        whole = 0 in use.columns
        return [c for c in relation.columns if whole or c.number in use.columns]

    # --- who can read a view that depends on its reader -------------------------------

    def readers(self, view: Relation, holders: int, can: int, *, past: bool) -> int:
        """Return those of `can` who read a view with their own privileges below it.

        Args:
            view: A view that isn't fixed.
            holders: The roles that hold SELECT on it.
            can: Candidates.
            past: Only those whom no row security binds.
        """
        needs = [self._needs(check.use) for check in self.checks(view) if not check.of]
        all_needs = [holders, *(mask for group in needs for mask in group)]
        found = 0
        for number in bits(can):
            if any(
                all(usable & need for need in all_needs)
                and (not past or self._is_past(acting, usable, view))
                for acting, usable in self.model.powers.stances(number)
            ):
                found |= 1 << number
        return found

    def _needs(self, use: Use) -> list[int]:
        """Return, for each privilege that a use takes, the roles that hold it."""
        relation = self.model.relations.get(use.relation)
        if relation is None:
            return []
        columns = self._named(relation, use)
        needs = []
        for verb in use.verbs:
            if verb == "DELETE" or not relation.columns:
                needs.append(self.model.holders(relation, verb))
                continue
            each = [self.model.column_holders(relation, c, verb) for c in columns]
            any_ = [
                self.model.column_holders(relation, c, verb) for c in relation.columns
            ]
            needs += each or [_union(any_)]
        return needs

    def _is_past(self, acting: int, usable: int, view: Relation) -> bool:
        powers = self.model.powers
        if powers.bypassing >> acting & 1:
            return True
        for check in self.checks(view):
            relation = self.model.relations.get(check.use.relation)
            if check.of is not None or relation is None or not relation.row_security:
                continue
            owns = usable & powers.mask(relation.owner)
            if not owns or relation.force_row_security:
                return False
        return True

    def reader_filter(self, view: Relation) -> str:
        """Return what row security does to readers of a view that depends on them."""
        found = set()
        for check in self.checks(view):
            relation = self.model.relations.get(check.use.relation)
            if check.of is None and relation is not None and relation.row_security:
                found.add(self.rows.filter(relation, "SELECT"))
        return "; ".join(sorted(found))

    # --- what a view shows ------------------------------------------------------------

    def shown(self, output: Output) -> dict[Source, bool]:
        """Return the columns of tables behind an output, through every view between.

        The value says whether it is that column unchanged.
        """
        return self._shown(output, 0)

    def _shown(self, output: Output, depth: int) -> dict[Source, bool]:
        found: dict[Source, bool] = {}
        for oid, number, plain in output.sources:
            below = self.model.relations.get(oid)
            inner = self._output(below, number) if below is not None else None
            if inner is None or depth > _DEEPEST:
                found[oid, number] = found.get((oid, number), False) or plain
                continue
            for source, same in self._shown(inner, depth + 1).items():
                found[source] = found.get(source, False) or (same and plain)
        return found

    def _output(self, relation: Relation, number: int) -> Output | None:
        if relation.kind != "v" or relation.query is None:
            return None
        for output in relation.query.outputs:
            if output.number == number:
                return output
        return None

    def through(self, view: Relation, owner: int, base: Relation) -> str:
        """Return what row security does to a view's owner on one relation below it."""
        if not base.row_security or self.model.passes_row_security(owner, base.oid):
            return ""
        return f"{self.rows.filter(base, 'SELECT')} (as {view.name}'s owner)"


_DEEPEST = 50


def _union(masks: list[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found
