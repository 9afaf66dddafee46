"""Every operation that Trino's OPA plugin asks about, and what each comes to.

What isn't listed is denied, and so is what comes later until somebody has read what it
does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """Who may."""

    OPEN = "open"  # whoever asks: it shows and moves no data
    SEEN = "seen"  # whoever may read some of it
    DATA = "data"  # whoever may do each of the verbs
    INSIDE = "inside"  # whoever surely isn't excluded, and may do each of the verbs
    OWN = "own"  # whoever's own it is, and else as INSIDE
    FUNCTION = "function"  # as INSIDE; whoever asks, of what is built in
    EXPORT = "export"  # whoever may read it, if a stranger may as well
    BUILT_IN = "built-in"  # whoever asks, of what is built in; else nobody
    BECOME = "become"  # whoever is no more excluded than the one they would become
    NEVER = "never"  # nobody, at this address


@dataclass(frozen=True, slots=True)
class Operation:
    """What an operation comes to.

    Attributes:
        rule: Who may.
        about: The resource that it speaks of, by Trino's name; empty: none.
        verbs: What it does to that.
        moves: Data comes to rest in what it names, wherever it came from.
        renames: It has a second resource, which is judged as the first.
        gives: It has a grantee, who is judged as whoever asks.
    """

    rule: Rule
    about: str = ""
    verbs: tuple[str, ...] = ()
    moves: bool = False
    renames: bool = False
    gives: bool = False


_TABLE, _SCHEMA, _CATALOG, _FUNCTION = "table", "schema", "catalog", "function"
_READ, _ALTER, _INSERT = ("read",), ("alter",), ("insert",)
_MAKE, _DROP = ("alter", "insert"), ("alter", "delete")
_ALTERS = Operation(Rule.DATA, _TABLE, _ALTER)
_RENAMES = Operation(Rule.DATA, _TABLE, _ALTER, renames=True)
_DROPS = Operation(Rule.DATA, _TABLE, _DROP)
_MAKES = Operation(Rule.DATA, _TABLE, _MAKE, moves=True)
_GIVES = Operation(Rule.INSIDE, _TABLE, _ALTER, gives=True)
_RUNS = Operation(Rule.INSIDE, _CATALOG, _ALTER)
_OF_SCHEMA = Operation(Rule.INSIDE, _SCHEMA, _ALTER)
_OF_FUNCTION = Operation(Rule.INSIDE, _FUNCTION, _ALTER)

OPERATIONS: dict[str, Operation] = {
    # queries and sessions
    "ExecuteQuery": Operation(Rule.OPEN),
    "ViewQueryOwnedBy": Operation(Rule.OWN, "user", _READ),
    "FilterViewQueryOwnedBy": Operation(Rule.OWN, "user", _READ),
    "KillQueryOwnedBy": Operation(Rule.OWN, "user", _ALTER),
    "ImpersonateUser": Operation(Rule.BECOME, "user"),
    "ReadSystemInformation": Operation(Rule.INSIDE, "", _READ),
    "WriteSystemInformation": Operation(Rule.INSIDE, "", _ALTER),
    "SetSystemSessionProperty": Operation(Rule.OPEN, "systemSessionProperty"),
    "SetCatalogSessionProperty": Operation(
        Rule.INSIDE, "catalogSessionProperty", _ALTER
    ),
    # catalogs
    "AccessCatalog": Operation(Rule.OPEN, _CATALOG),
    "FilterCatalogs": Operation(Rule.OPEN, _CATALOG),
    "CreateCatalog": _RUNS,
    "DropCatalog": _RUNS,
    # schemas
    "CreateSchema": _OF_SCHEMA,
    "DropSchema": _OF_SCHEMA,
    "RenameSchema": Operation(Rule.INSIDE, _SCHEMA, _ALTER, renames=True),
    "SetSchemaAuthorization": Operation(Rule.INSIDE, _SCHEMA, _ALTER, gives=True),
    "ShowSchemas": Operation(Rule.OPEN, _CATALOG),
    "FilterSchemas": Operation(Rule.OPEN, _SCHEMA),
    "ShowCreateSchema": Operation(Rule.INSIDE, _SCHEMA, _READ),
    # tables; what a view says in its text may be data, so that showing it is reading
    "ShowTables": Operation(Rule.OPEN, _SCHEMA),
    "FilterTables": Operation(Rule.SEEN, _TABLE),
    "ShowCreateTable": Operation(Rule.DATA, _TABLE, _READ),
    "CreateTable": _MAKES,
    "DropTable": _DROPS,
    "RenameTable": _RENAMES,
    "TruncateTable": Operation(Rule.DATA, _TABLE, ("truncate",)),
    "SetTableProperties": _ALTERS,
    "SetTableComment": _ALTERS,
    "SetTableAuthorization": _GIVES,
    # columns
    "ShowColumns": Operation(Rule.SEEN, _TABLE),
    "FilterColumns": Operation(Rule.SEEN, _TABLE),
    "AddColumn": _ALTERS,
    "AlterColumn": _ALTERS,
    "DropColumn": _DROPS,
    "RenameColumn": _ALTERS,
    "SetColumnComment": _ALTERS,
    # data
    "SelectFromColumns": Operation(Rule.DATA, _TABLE, _READ),
    "InsertIntoTable": Operation(Rule.DATA, _TABLE, _INSERT, moves=True),
    "DeleteFromTable": Operation(Rule.DATA, _TABLE, ("delete",)),
    "UpdateTableColumns": Operation(Rule.DATA, _TABLE, ("update",), moves=True),
    # views: one runs as its owner, for whoever reads it
    "CreateView": _ALTERS,
    "RenameView": _RENAMES,
    "DropView": _DROPS,
    "SetViewComment": _ALTERS,
    "SetViewAuthorization": _GIVES,
    "CreateViewWithSelectFromColumns": Operation(Rule.EXPORT, _TABLE, _READ),
    # materialised views
    "CreateMaterializedView": _MAKES,
    "RefreshMaterializedView": Operation(Rule.DATA, _TABLE, _INSERT, moves=True),
    "RenameMaterializedView": _RENAMES,
    "DropMaterializedView": _DROPS,
    "SetMaterializedViewProperties": _ALTERS,
    "SetMaterializedViewComment": _ALTERS,
    "SetMaterializedViewAuthorization": _GIVES,
    # functions and procedures: `system.query` hands any statement to the catalog
    "ShowFunctions": Operation(Rule.OPEN, _SCHEMA),
    "FilterFunctions": Operation(Rule.OPEN, _FUNCTION),
    "ExecuteFunction": Operation(Rule.FUNCTION, _FUNCTION, _READ),
    "CreateViewWithExecuteFunction": Operation(Rule.BUILT_IN, _FUNCTION, _READ),
    "ExecuteProcedure": _OF_FUNCTION,
    "ExecuteTableProcedure": Operation(
        Rule.DATA, _TABLE, ("read", "insert", "alter"), moves=True
    ),
    "CreateFunction": _OF_FUNCTION,
    "DropFunction": _OF_FUNCTION,
    "ShowCreateFunction": Operation(Rule.INSIDE, _FUNCTION, _READ),
    # asked at addresses of their own
    "GetRowFilters": Operation(Rule.NEVER, _TABLE),
    "GetColumnMask": Operation(Rule.NEVER, "column"),
}

# Trino's own tables of names: it fills them with what FilterTables and the like leave.
NAMES_ALONE = {
    "information_schema": frozenset({"columns", "schemata", "tables"}),
    "jdbc": frozenset({"catalogs", "columns", "schemas", "table_types", "tables"}),
}
