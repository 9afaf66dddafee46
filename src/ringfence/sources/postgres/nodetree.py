"""Stored queries, read from the server's own parse trees (`pg_node_tree`).

A view's rule names, for each relation, exactly the columns that the executor will check
(`selectedCols`) and, for each output column, where its value comes from. Reading them
there leaves no room for a second opinion: no SQL is parsed, no name is looked up.
Written for the trees of 15 to 18; whatever isn't understood comes out as unknown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ringfence.sources.postgres.snapshot import Output, Query, Use

# Bitmapsets of columns count from the lowest system column, number -7.
_FIRST_COLUMN = 7
_VERB_BITS = {1: "INSERT", 2: "SELECT", 4: "UPDATE", 8: "DELETE"}
_UNION = "1"  # of SetOperation; INTERSECT and EXCEPT let only some rows through
_INNER_JOIN = "0"
_COMMANDS_THAT_WRITE = ("2", "3", "4", "5")  # UPDATE, INSERT, DELETE, MERGE

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>[({\[]) | (?P<close>[)}\]])
      | (?P<string>"(?:\\.|[^"\\])*")
      | (?P<atom>(?:\\.|[^\s(){}\[\]"\\])+)
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class Node:
    """A node of the tree: its type and its fields."""

    kind: str
    fields: dict[str, Tree] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a field that is one word; any other is empty."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """Return a field that is a whole number; any other is 0."""
        text = self.text(name)
        return int(text) if text.lstrip("-").isdigit() else 0

    def nodes(self, name: str) -> list[Node]:
        """Return the nodes of a field: of a list, or the one that it is."""
        value = self.fields.get(name)
        if isinstance(value, Node):
            return [value]
        items = value if isinstance(value, list) else []
        return [item for item in items if isinstance(item, Node)]


Tree = str | list["Tree"] | Node


def parse(text: str) -> Tree:
    """Return the tree that `text` spells out.

    Raises:
        ValueError: It isn't a node tree.
    """
    stack: list[list[Tree]] = [[]]
    for match in _TOKEN.finditer(text):
        if match["open"]:
            stack.append([match["open"]])
        elif match["close"]:
            if len(stack) == 1:
                raise ValueError("a bracket is closed that was never opened")
            opened, *items = stack.pop()
            stack[-1].append(_node(items) if opened == "{" else items)
        else:
            stack[-1].append(match["atom"] or match["string"])
    if len(stack) != 1 or len(stack[0]) != 1:
        raise ValueError("brackets don't match")
    return stack[0][0]


def _node(items: list[Tree]) -> Node:
    """Return `{KIND :name value :name value ...}` as a node.

    A value may take several items (`:constvalue 4 [ 1 0 0 0 ]`); those become a list.
    """
    node = Node(str(items[0]) if items else "")
    name = ""
    for item in items[1:]:
        if isinstance(item, str) and item.startswith(":"):
            name = item[1:]
            continue
        if name in node.fields:
            before = node.fields[name]
            node.fields[name] = (
                [*before, item] if isinstance(before, list) else [before, item]
            )
        else:
            node.fields[name] = item
    return node


def walk(tree: Tree) -> Iterator[Node]:
    """Yield every node of a tree, outermost first."""
    todo = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, Node):
            yield item
            todo.extend(reversed(item.fields.values()))
        elif isinstance(item, list):
            todo.extend(reversed(item))


def queries_of(text: str) -> list[Query]:
    """Return the queries of a rule's action or of a function's parsed body.

    Raises:
        ValueError: The text isn't a node tree.
    """
    tree = parse(text)
    while isinstance(tree, list) and len(tree) == 1 and isinstance(tree[0], list):
        tree = tree[0]
    items = tree if isinstance(tree, list) else [tree]
    return [
        query_of(item)
        for item in items
        if isinstance(item, Node) and item.kind == "QUERY"
    ]


def query_of(root: Node) -> Query:
    """Return what the server checks for a query and what the query returns."""
    nodes = list(walk(root))
    return Query(
        uses=_uses(nodes),
        outputs=tuple(_outputs(root)),
        filtered=any(_filters(node) for node in nodes),
        functions=_functions(nodes),
        writes=any(
            node.text("commandType") in _COMMANDS_THAT_WRITE
            for node in nodes
            if node.kind == "QUERY"
        ),
    )


def merge(queries: Iterable[Query]) -> Query:
    """Return several queries as one: all their uses, and the last one's outputs."""
    found = list(queries)
    return Query(
        uses=tuple(use for query in found for use in query.uses),
        outputs=found[-1].outputs if found else (),
        filtered=any(query.filtered for query in found[-1:]),
        functions=tuple(sorted({f for query in found for f in query.functions})),
        writes=any(query.writes for query in found),
    )


def _uses(nodes: list[Node]) -> tuple[Use, ...]:
    uses = []
    for node in nodes:
        # From 16 on a node of its own says what to check; before, the range entry.
        if node.kind not in ("RTEPERMISSIONINFO", "RANGETBLENTRY"):
            continue
        bits = node.number("requiredPerms")
        verbs = tuple(verb for bit, verb in _VERB_BITS.items() if bits & bit)
        if verbs and node.number("relid"):
            use = Use(
                relation=node.number("relid"),
                verbs=verbs,
                columns=_columns(node, verbs),
            )
            uses.append(use)
    return tuple(uses)


def _columns(node: Node, verbs: tuple[str, ...]) -> tuple[int, ...]:
    name = {"INSERT": "insertedCols", "UPDATE": "updatedCols"}
    fields = {name.get(verb, "selectedCols") for verb in verbs}
    found: set[int] = set()
    for each in fields:
        value = node.fields.get(each)
        words = value[1:] if isinstance(value, list) else []
        found |= {int(w) - _FIRST_COLUMN for w in words if isinstance(w, str)}
    return tuple(sorted(number for number in found if number >= 0))


def _filters(node: Node) -> bool:
    """Tell whether a part of a query may keep rows from coming out."""
    if node.kind == "JOINEXPR":
        return node.text("jointype") == _INNER_JOIN
    if node.kind != "QUERY":
        return False
    has = [node.fields.get("havingQual"), node.fields.get("limitCount")]
    has += [each.fields.get("quals") for each in node.nodes("jointree")]
    return any(value not in (None, "<>") for value in has)


def _functions(nodes: list[Node]) -> tuple[int, ...]:
    named = ("funcid", "opfuncid", "aggfnoid", "winfnoid")
    found = {node.number(name) for node in nodes for name in named}
    return tuple(sorted(found - {0}))


# --- where an output comes from -------------------------------------------------------


@dataclass(slots=True)
class _Origin:
    """Columns that a value comes from, and whether each comes out unchanged."""

    sources: dict[tuple[int, int], bool] = field(default_factory=dict)
    known: bool = True

    def add(self, other: _Origin, *, changed: bool = False) -> None:
        """Take in another origin: of a part of this value, or of another row."""
        for source, plain in other.sources.items():
            before = self.sources.get(source, False)
            self.sources[source] = before or (plain and not changed)
        self.known = self.known and other.known


def _outputs(query: Node) -> Iterator[Output]:
    is_union = query.fields.get("setOperations") not in (None, "<>")
    for target in query.nodes("targetList"):
        if target.text("resjunk") == "true":
            continue
        if is_union:
            origin = _of_union(query, target.number("resno"), [], 0)
        else:
            origin = _target(target, [query], 0)
        yield Output(
            number=target.number("resno"),
            sources=tuple(sorted((*s, plain) for s, plain in origin.sources.items())),
            known=origin.known,
        )


_DEEPEST = 30


def _target(target: Node, scope: list[Node], depth: int) -> _Origin:
    """Return where a target comes from; `scope` holds the queries around it."""
    table, column = target.number("resorigtbl"), target.number("resorigcol")
    if table and column:  # the server has traced it already
        return _Origin({(table, column): True})
    return _expression(target.fields.get("expr", ""), scope, depth)


def _expression(tree: Tree, scope: list[Node], depth: int) -> _Origin:
    if depth > _DEEPEST:
        return _Origin(known=False)
    if isinstance(tree, str):
        return _Origin()
    if isinstance(tree, Node):
        if tree.kind == "RELABELTYPE":  # a cast without effect
            return _expression(tree.fields.get("arg", ""), scope, depth + 1)
        if tree.kind == "VAR":
            return _variable(tree, scope, depth + 1)
    origin = _Origin()
    for part, around in _parts(tree, scope):
        origin.add(_expression(part, around, depth + 1), changed=True)
    return origin


def _parts(tree: Node | list[Tree], scope: list[Node]) -> Iterator[_Part]:
    """Yield what a value is made of, each part with the queries around it."""
    if isinstance(tree, list):
        yield from ((item, scope) for item in tree)
    elif tree.kind == "QUERY":
        targets = tree.nodes("targetList")
        yield from ((each.fields.get("expr", ""), [tree, *scope]) for each in targets)
    else:
        yield from ((value, scope) for value in tree.fields.values())


_Part = tuple[Tree, list[Node]]


def _variable(var: Node, scope: list[Node], depth: int) -> _Origin:
    around = scope[var.number("varlevelsup") :]
    entries = around[0].nodes("rtable") if around else []
    place, column = var.number("varno") - 1, var.number("varattno")
    if not 0 <= place < len(entries):
        return _Origin(known=False)
    entry = entries[place]
    trace = _TRACES.get(entry.text("rtekind"))
    if trace is None:
        return _Origin(known=False)
    return trace(entry, column, around, depth)


def _of_relation(entry: Node, column: int, scope: list[Node], depth: int) -> _Origin:
    del scope, depth
    return _Origin({(entry.number("relid"), column): column > 0})


def _of_subquery(entry: Node, column: int, scope: list[Node], depth: int) -> _Origin:
    for inner in entry.nodes("subquery"):
        return _of_query(inner, column, scope, depth)
    return _Origin(known=False)


def _of_join(entry: Node, column: int, scope: list[Node], depth: int) -> _Origin:
    return _nth(entry.nodes("joinaliasvars"), column, scope, depth)


def _of_group(entry: Node, column: int, scope: list[Node], depth: int) -> _Origin:
    return _nth(entry.nodes("groupexprs"), column, scope, depth)


def _of_made(entry: Node, column: int, scope: list[Node], depth: int) -> _Origin:
    """Return the origins of a function's, XMLTABLE's or VALUES' rows: its arguments."""
    del column
    names = ("functions", "tablefunc", "values_lists")
    parts = [entry.fields[name] for name in names if name in entry.fields]
    return _expression(parts, scope, depth)


def _nth(items: list[Node], column: int, scope: list[Node], depth: int) -> _Origin:
    if not 0 < column <= len(items):
        return _Origin(known=False)
    return _expression(items[column - 1], scope, depth)


def _of_query(query: Node, column: int, scope: list[Node], depth: int) -> _Origin:
    targets = [t for t in query.nodes("targetList") if t.text("resjunk") != "true"]
    if query.fields.get("setOperations") not in (None, "<>"):
        return _of_union(query, column, scope, depth)
    inner = [query, *scope]
    if column == 0:
        origin = _Origin()
        for target in targets:
            origin.add(_target(target, inner, depth), changed=True)
        return origin
    if not 0 < column <= len(targets):
        return _Origin(known=False)
    return _target(targets[column - 1], inner, depth)


def _of_union(query: Node, column: int, scope: list[Node], depth: int) -> _Origin:
    """Return the origins of a column in every arm of a UNION or the like."""
    origin = _Origin()
    whole = all(
        node.text("op") == _UNION
        for node in walk(query.fields["setOperations"])
        if node.kind == "SETOPERATIONSTMT"
    )
    for entry in query.nodes("rtable"):
        for arm in entry.nodes("subquery"):
            found = _of_query(arm, column, [query, *scope], depth + 1)
            origin.add(found, changed=not whole)
    return origin


def _of_cte(entry: Node, column: int, scope: list[Node], depth: int) -> _Origin:
    level = entry.number("ctelevelsup")
    unknown = _Origin(known=False)
    if level >= len(scope) or entry.text("self_reference") == "true":
        return unknown
    for cte in scope[level].nodes("cteList"):
        if cte.text("ctename") == entry.text("ctename"):
            inner = cte.nodes("ctequery")
            return (
                _of_query(inner[0], column, scope[level:], depth) if inner else unknown
            )
    return unknown


# By kind of range-table entry: 3, 4 and 5 are functions, XMLTABLE and VALUES; 9 stands
# for the groups of GROUP BY (18).
_TRACES: dict[str, Callable[[Node, int, list[Node], int], _Origin]] = {
    "0": _of_relation,
    "1": _of_subquery,
    "2": _of_join,
    "3": _of_made,
    "4": _of_made,
    "5": _of_made,
    "6": _of_cte,
    "9": _of_group,
}
