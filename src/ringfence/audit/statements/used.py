"""What statements touch of the tables that they name."""

from __future__ import annotations

from dataclasses import dataclass, field

# Schema and name, each as the database spells it; a schema that isn't said is empty.
# A catalogue, where it is said, stands before the schema.
Table = tuple[str, ...]
SOMEWHERE = ((), "")  # a column of what the statement makes, or a function gives


@dataclass(slots=True)
class Use:
    """What is touched of a table.

    Attributes:
        columns: Columns that are surely its.
        whole: All of it was.
        part: Something of it was, the text doesn't say what.
        named: A column was named that may be its, or that says nothing.
    """

    columns: set[str] = field(default_factory=set)
    whole: bool = False
    part: bool = False
    named: bool = False


Candidates = tuple[tuple[Table, str], ...]


@dataclass(slots=True)
class Uses:
    """What statements touch.

    Attributes:
        tables: What is touched of each table that they name.
        either: Columns named without their table: what they may be, in the order in
            which the name is looked for; `SOMEWHERE` has no table.
        unclear: Something is named that nobody can place.
        calls: A function stands where a table does.
    """

    tables: dict[Table, Use] = field(default_factory=dict)
    either: set[Candidates] = field(default_factory=set)
    unclear: bool = False
    calls: bool = False


@dataclass(slots=True)
class Scope:
    """A query or a write, and what it can name.

    Attributes:
        tables: Its tables, by the names that it gives them.
        made: What it makes for itself (a subquery, a function), and the names of its
            columns; None when they aren't known.
        joined: The tables within what it joins and gives one name.
        target: The table that it writes to.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    made: dict[str, set[str] | None] = field(default_factory=dict)
    joined: dict[str, list[Table]] = field(default_factory=dict)
    target: Table | None = None

    def named(self, alias: str) -> Table | None:
        """Return the table of a name; what wasn't inserted is of the target."""
        return self.tables.get(alias, self.target if alias == "excluded" else None)
