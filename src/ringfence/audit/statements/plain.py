"""A statement without its comments, texts and names in quotes: its bare words."""

from __future__ import annotations

import re

_PART = re.compile(
    r"""(?P<text>(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^'\\]|'')*'"""
    r"""|(?P<tag>\$(?:[A-Za-z_\x80-\uffff][\w]*)?\$).*?(?P=tag))"""
    r"""|(?P<name>"(?:[^"]|"")*")|(?P<line>--[^\n]*)|(?P<block>/\*)"""
    r"""|(?P<word>[\w$]+)|(?P<odd>['"\\])|(?P<other>[^\w$])|(?P<rest>.)""",
    re.DOTALL,
)
_BLOCK = re.compile(r"/\*|\*/")
_EXPLAIN = re.compile(
    r"explain\b\s*+(?:\(([^()]*)\)|(?:verbose\b)?+)\s*+(?!analy[sz]e\b|\()"
)
_LOCKS = re.compile(r"\bfor\s+(?:(?:no\s+key\s+)?update|(?:key\s+)?share)\b")
_WRITES = re.compile(r"\b(?:insert|update|delete|merge|truncate|copy|into)\b")


def bare(sql: str) -> str:
    """Return the words of PostgreSQL's SQL in small letters; empty if in doubt."""
    kept: list[str] = []
    at = 0
    while found := _PART.match(sql, at):
        at = found.end()
        kind = found.lastgroup
        if kind == "block":
            at = _after_block(sql, at)
            kept.append(" ")
        elif kind == "odd" or at < 0:
            return ""
        elif kind == "line":
            kept.append(" ")
        elif kind in ("text", "name"):
            kept.append("''" if kind == "text" else '""')
        else:
            kept.append(found[0].lower())
        if at < 0:
            return ""
    return "".join(kept).strip(" \t\r\n;")


def _after_block(sql: str, at: int) -> int:
    """Return where a comment ends, which may hold others; -1 if it doesn't."""
    depth = 1
    while depth:
        found = _BLOCK.search(sql, at)
        if found is None:
            return -1
        depth += 1 if found[0] == "/*" else -1
        at = found.end()
    return at


def is_plan_alone(sql: str) -> bool:
    """Whether it is one EXPLAIN that carries nothing out."""
    words = bare(sql)
    found = _EXPLAIN.match(words)
    if found is None or ";" in words:
        return False
    options = found[1] or ""
    return '"' not in options and not re.search("analy[sz]e", options)


def is_locking_read(sql: str) -> bool:
    """Whether it writes nothing, and only locks what it reads (`FOR UPDATE`)."""
    words = bare(sql)
    rest, locks = _LOCKS.subn(" ", words)
    return bool(locks) and not _WRITES.search(rest)
