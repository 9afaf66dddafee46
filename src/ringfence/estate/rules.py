"""What a fact may say, as one SQL expression over the table of facts.

It gives the reason why a row is no fact of the vocabulary, or NULL. A value that stands
for a country must be one that ISO 3166-1 lists: a country that doesn't exist would be
one that nobody is excluded by.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
from iso3166 import countries_by_alpha2

from ringfence.boundary.vocabulary import (
    ATTRIBUTES,
    COPY_ROLES,
    DATA_KINDS,
    EDGE_KINDS,
    LABEL,
    NODE_KINDS,
    VERBS,
    Flow,
)

_YES_NO = ("yes", "no")
# Attributes of every kind of node that a verdict turns on, and what they may be.
CLOSED = {
    "active": _YES_NO,
    "bypass_rls": _YES_NO,
    "copy": COPY_ROLES,
    "designated": _YES_NO,
    "employment": ("employee", "contractor"),
    "login": _YES_NO,
    "replication": _YES_NO,
    "superuser": _YES_NO,
    "us_person": _YES_NO,
}
COUNTRIES = ("location", "organised_in", "principal_place", "residence", "state_of")
_DIRECTNESS = ("direct", "indirect", "unknown")
_PERCENT = r"[0-9]{1,3}(\.[0-9]{1,40})?"
_PLACE = "[A-Z]{2}(-[A-Z0-9]{1,3})?"
_PEOPLE = r"(0|[1-9][0-9]{0,17})\+?"
_MOMENT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z"


def create_vocabulary(database: duckdb.DuckDBPyConnection) -> None:
    """Create the tables that the expression looks words up in."""
    database.execute("CREATE TEMP TABLE edge_kind (name VARCHAR, flow VARCHAR)")
    database.executemany(
        "INSERT INTO edge_kind VALUES (?, ?)",
        [(name, kind.flow.value) for name, kind in EDGE_KINDS.items()],
    )
    database.execute("CREATE TEMP TABLE attribute_kind (name VARCHAR)")
    names = [
        f"{kind} {name}"
        for kind in NODE_KINDS
        for name in (*ATTRIBUTES.get(kind, ()), LABEL)
    ]
    database.executemany(
        "INSERT INTO attribute_kind VALUES (?)", [(name,) for name in names]
    )


def _listed(words: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


def _is_moment(column: str) -> str:
    return (
        f"(regexp_full_match({column}, '{_MOMENT}') AND {column} >= '0001' "
        f"AND try_strptime({column}, '%Y-%m-%dT%H:%M:%SZ') IS NOT NULL)"
    )


def _stated(name: str) -> str:
    """Return the SQL of a text of the detail: null where there is none."""
    # Only what is an object of texts gets by anyway.
    whole = "CASE WHEN json_valid(detail) THEN detail END"
    return f"json_extract_string({whole}, '$.{name}')"


def _is_percent(text: str) -> str:
    return f"(regexp_full_match({text}, '{_PERCENT}') AND {_digits(text)} <= {_ALL})"


def _digits(percent: str) -> str:
    """Return SQL of fixed width, that sorts as the percentage: no type is as exact."""
    whole, rest = (f"split_part({percent}, '.', {number})" for number in (1, 2))
    return f"lpad({whole}, 3, '0') || rpad({rest}, 40, '0')"


_ALL = "'" + "100".ljust(43, "0") + "'"
_LEAST = f"coalesce({_stated('min')}, '0')"
_MOST = f"coalesce({_stated('max')}, '100')"
_HOW = f"coalesce({_stated('directness')}, 'unknown')"
_KINDS, _DATA = _listed(NODE_KINDS), _listed(DATA_KINDS)
_CODES = _listed(countries_by_alpha2)
_CLOSED = "\n    ".join(
    f"WHEN f.name = '{name}' AND value NOT IN {_listed(options)} THEN "
    f"'`{name}` can''t be `' || value || '`'"
    for name, options in CLOSED.items()
)
_TIMES = f"""
    WHEN since <> '' AND NOT {_is_moment("since")} THEN '`since` is no UTC instant'
    WHEN until <> '' AND NOT {_is_moment("until")} THEN '`until` is no UTC instant'
    WHEN since <> '' AND until <> '' AND until <= since THEN 'ends before it begins'
"""
_SOURCE = f"""
    WHEN fact = 'source' AND value <> '' AND NOT {_is_moment("value")}
        THEN 'has no UTC instant of collection'
    WHEN fact = 'source' THEN NULL
"""
_OF_EDGES = "control || guard || needs"
_NODE = f"""
    WHEN tail NOT IN {_KINDS} OR tail = id THEN 'has no kind of node `' || tail || '`'
    WHEN id = tail || ':' THEN 'names no ' || tail
    WHEN fact = 'node' AND f.name || value || verb || {_OF_EDGES} <> ''
        THEN 'a node has neither name nor value, verb or control'
    WHEN fact = 'node' THEN NULL
"""
_ATTRIBUTE = f"""
    WHEN fact = 'attribute' AND tail || ' ' || f.name NOT IN
        (SELECT name FROM attribute_kind)
        THEN 'has no attribute `' || f.name || '` of a ' || tail
    WHEN fact = 'attribute' AND verb || {_OF_EDGES} <> ''
        THEN 'an attribute has neither verb nor control'
    WHEN fact = 'attribute' AND value = '' AND unknown = ''
        THEN 'needs a `value`, or `unknown`'
    WHEN fact = 'attribute' AND value <> '' AND unknown = '' THEN CASE
    WHEN f.name IN {_listed(COUNTRIES)} AND value NOT IN {_CODES}
        THEN '`' || value || '` is no country'
    WHEN f.name = 'place' AND (NOT regexp_full_match(value, '{_PLACE}')
        OR split_part(value, '-', 1) NOT IN {_CODES})
        THEN '`' || value || '` is no place'
    WHEN f.name = 'subjects' AND NOT regexp_full_match(value, '{_PEOPLE}')
        THEN '`' || value || '` is no number of people'
    {_CLOSED}
    END
    WHEN fact = 'attribute' THEN NULL
"""  # noqa: S608
_NEEDED = "from_json(CASE WHEN json_valid(needs) THEN needs END, '[\"VARCHAR\"]')"
_ARE_NODES = (
    f"coalesce(len(list_filter({_NEEDED}, lambda x: split_part(x, ':', 1) NOT IN "
    f"{_KINDS} OR x = split_part(x, ':', 1) || ':' OR NOT contains(x, ':'))) = 0, "
    "false)"
)
_EDGE = f"""
    WHEN e.name IS NULL THEN 'has no edge kind `' || f.name || '`'
    WHEN head NOT IN {_KINDS} OR head = value
        THEN 'has no kind of node `' || head || '`'
    WHEN value = head || ':' THEN 'names no ' || head
    WHEN (flow = '{Flow.GRANT}') <> (verb <> '') THEN 'needs a verb, and only a grant'
    WHEN verb <> '' AND verb NOT IN {_listed(VERBS)}
        THEN 'has no verb `' || verb || '`'
    WHEN flow IN ('{Flow.CONTAIN}', '{Flow.COPY}')
        AND (tail NOT IN {_DATA} OR head NOT IN {_DATA})
        THEN '`' || f.name || '` joins data to data'
    WHEN flow IN ('{Flow.CONTROL}', '{Flow.CHANGE}', '{Flow.GRANT}') AND tail IN {_DATA}
        THEN '`' || f.name || '` starts from a principal'
    WHEN flow = '{Flow.CONTROL}' AND head IN {_DATA}
        THEN '`' || f.name || '` leads to a principal'
    WHEN flow = '{Flow.GRANT}' AND head NOT IN {_DATA}
        THEN '`' || f.name || '` leads to data'
    WHEN flow = '{Flow.STAKE}' AND (tail NOT IN ('person', 'legal_entity')
        OR head <> 'legal_entity') THEN 'an owner holds a legal entity'
    WHEN flow = '{Flow.STAKE}' AND {_OF_EDGES} <> '' THEN 'nothing guards a stake'
    WHEN needs <> '' AND NOT {_ARE_NODES} THEN '`needs` must list nodes'
    WHEN flow = '{Flow.STAKE}' AND detail <> '' THEN CASE
    WHEN NOT {_is_percent(_LEAST)}
        THEN '`min` can''t be `' || {_LEAST} || '`: it is no percentage'
    WHEN NOT {_is_percent(_MOST)}
        THEN '`max` can''t be `' || {_MOST} || '`: it is no percentage'
    WHEN {_digits(_LEAST)} > {_digits(_MOST)} THEN '`min` is more than `max`'
    WHEN {_HOW} NOT IN {_listed(_DIRECTNESS)}
        THEN '`directness` can''t be `' || {_HOW} || '`'
    END
"""
_REASON = f"""CASE
    WHEN fact NOT IN ('source', 'node', 'attribute', 'edge')
        THEN 'has no form `' || fact || '`'
    WHEN id = '' OR source = '' OR "at" = '' THEN 'needs `id`, `source` and `at`'
    {_TIMES} {_SOURCE} {_NODE} {_ATTRIBUTE} {_EDGE}
END"""
# Every line that is no fact of the vocabulary, with the reason.
BROKEN = (
    f"SELECT line, reason FROM (SELECT line, {_REASON} AS reason FROM ("  # noqa: S608
    "SELECT f.*, split_part(id, ':', 1) AS tail, split_part(value, ':', 1) AS head "
    "FROM fact AS f) AS f LEFT JOIN edge_kind AS e ON f.name = e.name "
    "AND f.fact = 'edge') WHERE reason IS NOT NULL ORDER BY line"
)
