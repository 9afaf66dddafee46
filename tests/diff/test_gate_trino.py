"""Trino's file rules, read by a small interpreter, against the decision itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import duckdb
import pytest
import sqlglot

from ringfence.boundary.decision.decide import decide
from ringfence.boundary.decision.request import Request
from ringfence.boundary.decision.scene import Scene
from ringfence.boundary.vocabulary import VERBS
from ringfence.gate.compile.trino import trino_rules
from tests.reference.trino_rules import FileRules
from tests.scenes import COLUMNS, MOMENTS, REGIONS, generated

WRITES = {"INSERT": "insert", "DELETE": "delete", "UPDATE": "update"}
OBEYS = frozenset({"mask", "rows"})
NAMED = {
    "dataset:wh/s.users": ("wh", "s", "users"),
    'dataset:wh/ünï."q"': ("wh", "ünï", '"q"'),
}
UNKNOWN = ("wh", "s", "unheard")
ELSEWHERE = ("attic", "s", "users")
STRANGER = "somebody else"
TYPES = {one: dict.fromkeys(COLUMNS, "varchar") for one in NAMED}
SEED = 6_104
SCENES = 150


def scenes() -> list[tuple[Scene, str]]:
    """Return scenes, and an instant of each."""
    cases = generated(SEED, SCENES, each=1)
    return [
        (scene, now) for scene, _, now, _ in cases if scene.since <= now < scene.until
    ]


def instants(scene: Scene, now: str) -> list[str]:
    """Return the instants from one on of which a scene speaks."""
    return [now, *(one for one in MOMENTS if now < one < scene.until)]


def is_still(scene: Scene, now: str) -> bool:
    """Return whether nothing begins or ends in what is left of a scene."""
    return all(
        one.since <= now and (not one.until or one.until >= scene.until)
        for one in scene.grants
    )


def people(scene: Scene) -> dict[str, str]:
    """Return ids by Trino's names: all that the scene knows, and somebody else."""
    known = {one.removeprefix("person:"): one for one in scene.people}
    return {**known, STRANGER: f"person:{STRANGER}"}


@pytest.fixture(scope="module", name="compiled")
def compiled_() -> list[tuple[Scene, str, FileRules]]:
    return [
        (scene, now, FileRules(trino_rules(scene, now, types=TYPES)))
        for scene, now in scenes()
    ]


def is_inside(scene: Scene, who: str, now: str) -> bool:
    """Return whether somebody surely isn't excluded, where that is enough."""
    asked = Request(who, "read", "dataset:unheard")
    return scene.gate.mode == "fence" and not decide(scene, asked, now).selectors


def test_reading_is_what_the_decision_allows(compiled):
    """Of a table's known columns, as many may be read as are allowed, masks and all.

    They are never looser at any later instant; exceptions, and grants that end, leave
    them stricter.
    """
    seen = {True: 0, False: 0}
    for scene, now, rules in compiled:
        for (name, who), (dataset, table) in (
            (one, other) for one in people(scene).items() for other in NAMED.items()
        ):
            known = scene.datasets.get(dataset)
            names = [*known.columns] if known else []
            for columns in (*combinations(names, 1), *combinations(names, 2)):
                request = Request(who, "read", dataset, columns, obeys=OBEYS)
                shown = rules.select(name, table, columns)
                if is_still(scene, now):
                    decided = decide(scene, request, now)
                    assert decided.allowed == (shown is not None)
                for instant in instants(scene, now) if shown is not None else ():
                    decided = decide(scene, request, instant)
                    assert decided.allowed
                    assert {*shown[1]} == {*decided.masks}
                    assert decided.rows is None or shown[0]
                seen[shown is not None] += 1
    assert min(seen.values()) > 500


def test_a_filter_keeps_what_the_decision_allows(compiled):
    """Run on a table, a filter keeps row by row what the decision says of each row."""
    values = [None, *REGIONS, "nowhere"]
    seen = set()
    with duckdb.connect() as connection:
        for scene, now, rules in compiled:
            for name, who in people(scene).items():
                for dataset, table in NAMED.items():
                    known = scene.datasets.get(dataset)
                    columns = tuple(known.columns)[:1] if known else ()
                    shown = rules.select(name, table, columns) if columns else None
                    marker = known.rows if known else None
                    if shown is None or not shown[0] or marker is None:
                        continue
                    key = (shown[0], marker)
                    if key in seen:
                        continue
                    seen.add(key)
                    kept = filtered(connection, shown[0], marker.column, values)
                    request = Request(who, "read", dataset)
                    expected = {
                        one
                        for one in values
                        if decide(
                            scene, replace(request, row={marker.column: one}), now
                        ).allowed
                    }
                    assert kept == expected
    assert len(seen) > 5


def filtered(connection, condition, column, values) -> set[str | None]:
    quoted = '"' + column.replace('"', '""') + '"'
    query = f"SELECT {quoted} FROM t WHERE {condition}"  # noqa: S608
    (translated,) = sqlglot.transpile(query, read="trino", write="duckdb")
    connection.execute(f"CREATE OR REPLACE TABLE t ({quoted} VARCHAR)")
    connection.executemany("INSERT INTO t VALUES (?)", [(one,) for one in values])
    return {one for (one,) in connection.execute(translated).fetchall()}


def test_writing_is_what_the_decision_allows(compiled):
    """A table may be changed by whoever may change all of it; owned by who may all."""
    seen = {True: 0, False: 0}
    for scene, now, rules in compiled:
        for name, who in people(scene).items():
            for dataset, table in NAMED.items():
                if dataset not in scene.datasets:
                    continue
                for privilege, verb in WRITES.items():
                    may = rules.may_write(name, table, privilege)
                    assert_allows(scene, now, Request(who, verb, dataset), may=may)
                    seen[may] += 1
                owns = rules.may_write(name, table, "OWNERSHIP")
                for verb in VERBS if owns else ():
                    assert_allows(scene, now, Request(who, verb, dataset), may=True)
                whole = {
                    decide(scene, Request(who, verb, dataset), now).allowed
                    for verb in VERBS
                }
                assert owns == (whole == {True}) or not is_still(scene, now)
                assert "GRANT_SELECT" not in rules.privileges(name, table)
    assert min(seen.values()) > 200


def assert_allows(scene: Scene, now: str, request: Request, *, may: bool) -> None:
    """Assert that a rule allows no more than the decision, and as much if it can."""
    if is_still(scene, now):
        assert decide(scene, request, now).allowed == may
    for instant in instants(scene, now) if may else ():
        assert decide(scene, request, instant).allowed


def test_what_nobody_knows_is_for_those_inside(compiled):
    """A table that no scene knows is for whoever surely isn't excluded, and a catalog
    that none knows is nobody's to write to.
    """
    for scene, now, rules in compiled:
        for name, who in people(scene).items():
            inside = is_inside(scene, who, now)
            wh_known = any(one in scene.datasets for one in NAMED)
            for table in (UNKNOWN, ELSEWHERE):
                shown = rules.select(name, table, ("x",))
                assert shown == (("", {}) if inside else None)
            assert rules.may_write(name, UNKNOWN, "INSERT") == (inside and wh_known)
            assert not rules.may_write(name, ELSEWHERE, "INSERT")


def test_what_is_no_data_is_for_those_inside(compiled):
    """Functions, procedures, other people and their queries are closed to the rest."""
    for scene, now, rules in compiled:
        for name, who in people(scene).items():
            inside = is_inside(scene, who, now)
            for section in ("functions", "procedures"):
                found = rules.first(section, user=name, catalog="wh")
                assert ("EXECUTE" in found["privileges"]) == inside
                assert "GRANT_EXECUTE" not in found["privileges"]
            query = rules.first("queries", user=name, queryOwner="other")
            assert "execute" in query["allow"]
            assert ("view" in query["allow"]) == inside
            other = rules.first("impersonation", original_user=name, new_user="other")
            assert other["allow"] == inside
            told = rules.first("system_information", user=name)
            assert bool(told["allow"]) == inside
            owner = rules.first("schemas", user=name, catalog="attic", schema="s")
            assert not owner["owner"]
