"""Statements that differ in nothing but their values, told as one."""

from __future__ import annotations

import re

# Names in quotes stay; comments, texts and numbers are values.
_PARTS = re.compile(
    r"""("(?:[^"]|"")*+")|(--[^\n]*+|/\*(?:[^*/]++|\*(?!/)|/(?!\*))*+\*/)"""
    r"""|('(?:[^']|'')*+')|(?<![\w$])(\d++(?:\.\d++)?)(?![\w.])"""
)
# Where these stand, texts may end elsewhere than quotes say: every statement counts as
# its own.
_UNSURE = re.compile(r"\\|\$[A-Za-z_\x80-\uffff]*\$|`|\[|#|/\*[^*]*/\*")


def fingerprint(sql: str) -> str:
    """Return the statement without its comments and values."""
    if _UNSURE.search(sql):
        return sql
    return _PARTS.sub(_blank, sql).strip(" \t\r\n;")


def _blank(part: re.Match[str]) -> str:
    name, comment, text, _ = part.groups()
    if name is not None:
        return name
    if comment is not None:
        return " "
    return "0" if text is None else "''"
