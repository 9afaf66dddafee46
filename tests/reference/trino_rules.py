"""Trino's file-based access control, as its documentation has it, read as plainly as
can be: the first rule that matches wins, no match denies, an absent section allows.
"""

from __future__ import annotations

import json
import re
from typing import Any

Shown = tuple[str, dict[str, str]]  # the filter, and the masks by column


class FileRules:
    """What a file of rules allows."""

    def __init__(self, content: bytes) -> None:
        self.sections: dict[str, list[dict[str, Any]]] = json.loads(content)

    def first(self, section: str, **asked: str) -> dict[str, Any] | None:
        """Return the first rule of a section that matches; an absent one is empty."""
        for rule in self.sections.get(section, [{}]):
            if all(
                re.fullmatch(rule[name], value) is not None
                for name, value in asked.items()
                if name in rule
            ):
                return rule
        return None

    def catalog(self, who: str, catalog: str) -> str:
        """Return `all`, `read-only` or `none`."""
        if "catalogs" not in self.sections:
            return "all"
        rule = self.first("catalogs", user=who, catalog=catalog)
        if rule is None:
            return "all" if catalog == "system" else "none"
        return str(rule["allow"])

    def privileges(self, who: str, table: tuple[str, str, str]) -> set[str]:
        """Return what somebody may do to a table, whatever the catalog allows."""
        rule = self._table(who, table)
        return set() if rule is None else {*rule["privileges"]}

    def select(
        self, who: str, table: tuple[str, str, str], columns: tuple[str, ...]
    ) -> Shown | None:
        """Return what is shown of a table's columns; None when that is denied."""
        rule = self._table(who, table)
        if self.catalog(who, table[0]) == "none" or rule is None:
            return None
        limits = {one["name"]: one for one in rule.get("columns", [])}
        hidden = {name for name, one in limits.items() if not one.get("allow", True)}
        if "SELECT" not in rule["privileges"] or hidden & {*columns}:
            return None
        masks = {
            name: limits[name]["mask"]
            for name in columns
            if name in limits and "mask" in limits[name]
        }
        return rule.get("filter", ""), masks

    def may_write(self, who: str, table: tuple[str, str, str], privilege: str) -> bool:
        """Return whether a table may be changed."""
        is_open = self.catalog(who, table[0]) == "all"
        return is_open and privilege in self.privileges(who, table)

    def _table(self, who: str, table: tuple[str, str, str]) -> dict[str, Any] | None:
        catalog, schema, name = table
        return self.first(
            "tables", user=who, catalog=catalog, schema=schema, table=name
        )
