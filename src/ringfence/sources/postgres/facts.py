"""From a snapshot to facts: pure, so that the same snapshot always gives the same."""

from __future__ import annotations

from ringfence.sources.postgres.emission import Emission
from ringfence.sources.postgres.functions import state_functions
from ringfence.sources.postgres.lineage import state_view
from ringfence.sources.postgres.model import Model
from ringfence.sources.postgres.naming import Naming
from ringfence.sources.postgres.principals import state_roles
from ringfence.sources.postgres.relations import state_grants, state_structure
from ringfence.sources.postgres.snapshot import Snapshot
from ringfence.sources.postgres.streams import (
    note_the_rest,
    state_planted,
    state_streams,
)
from ringfence.sources.postgres.surroundings import (
    state_exposing,
    state_remotes,
    state_surroundings,
)
from ringfence.sources.postgres.updates import state_updates
from ringfence.sources.postgres.views import Views
from ringfence.sources.source import Harvest


def harvest_of(snapshot: Snapshot, *, store: str, source: str) -> Harvest:
    """Return the facts of a snapshot; every id is below `store`."""
    model = Model(snapshot)
    naming = Naming(store, snapshot)
    to = Emission(model, naming, source)
    views = Views(model, naming)
    to.node(naming.root, f"postgres:pg_database/{snapshot.database.oid}")
    state_roles(to)
    for relation in snapshot.relations:
        if naming.schema_name(relation.schema) == "pg_catalog":
            state_exposing(to, relation)
            continue
        state_structure(to, relation)
        state_grants(to, relation, views)
        if relation.kind in ("v", "m"):
            state_view(to, views, relation)
        if relation.kind == "v":
            state_updates(to, views, relation)
    state_functions(to, views)
    state_planted(to)
    state_streams(to)
    state_remotes(to)
    state_surroundings(to)
    note_the_rest(to)
    facts = [to.facts[key] for key in sorted(to.facts)]
    # Not the store: what this database doesn't hold, it can't speak for.
    covers = [fact.id for fact in facts if fact.fact == "node" and _is_dataset(fact.id)]
    return Harvest(facts, to.notes, covers)


def _is_dataset(node: str) -> bool:
    return node.startswith("dataset:")
