"""Publications: they don't know row security, so they carry only what is nobody's."""

from __future__ import annotations

from ringfence.gate.postgres.board import Board
from ringfence.gate.postgres.catalogue import Publication, Published, Relation
from ringfence.gate.postgres.listing import quoted
from ringfence.gate.postgres.rows import other, same

_WHOLE = "f"  # the replica identity that holds the whole row
_REWRITES = frozenset({"update", "delete"})


def publications(board: Board) -> None:
    """Filter, or take out, each protected table that a publication names."""
    for one in board.catalogue.publications:
        if one.every or one.schemas:
            what = "all tables" if one.every else f"schemas {', '.join(one.schemas)}"
            board.find(
                f"the publication {one.name} takes {what}, future ones too, past row"
                " security",
                f"make {one.name} anew with the tables that it needs, each named",
                "L55",
            )
        for table in one.tables:
            if table.relation in board.protected:
                _narrow(board, one, table)


def _narrow(board: Board, one: Publication, table: Published) -> None:
    relation = board.relations[table.relation]
    condition = _condition(board, one, relation)
    alter = f"ALTER PUBLICATION {quoted(one.name)}"
    drop = f"{alter} DROP TABLE {relation.sql}"
    whole = f"{alter} ADD TABLE {_spelled(relation, table, table.where)}"
    if condition is None:
        board.add(
            drop,
            f"the publication {one.name} carries {table.relation} past row security",
            "L54",
            undo=[whole],
            changes=f"subscribers of {one.name} get no more of {table.relation}",
        )
        return
    wanted = f"({table.where} AND {condition})" if table.where else condition
    if condition in table.where or same(table.where, wanted):
        return
    board.add(
        f"{drop};\n{alter} ADD TABLE {_spelled(relation, table, wanted)}",
        f"the publication {one.name} carries only other rows of {table.relation}",
        "L54",
        undo=[drop, whole],
        changes=f"subscribers of {one.name} get fewer rows of {table.relation}",
    )


def _condition(board: Board, one: Publication, relation: Relation) -> str | None:
    """Return a filter that the publication can have, if there is one.

    It may use columns of the replica identity alone once changes are published, and
    nothing that isn't immutable.
    """
    marker = board.protected[relation.name]
    if marker is None:
        return None
    (column,) = (c for c in relation.columns if c.name == marker.column)
    if column.type not in ("text", "character varying"):
        return None
    if _REWRITES & set(one.operations) and relation.identity != _WHOLE:
        return None
    return other(relation, marker)


def _spelled(relation: Relation, table: Published, where: str) -> str:
    columns = f" ({', '.join(table.columns)})" if table.columns else ""
    return f"{relation.sql}{columns}" + (f" WHERE ({where})" if where else "")
