"""What people search for, as FTS5 understands it: nothing they type is its syntax.

Words are all wanted. `"the very words"` is a phrase, `recruit*` a beginning, and
`badge NEAR query`, or `NEAR/5`, words that stand close to one another.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ringfence.errors import ConfigError, Locus

_PART = re.compile(r'"([^"]*)"?(\*?)|NEAR(?:/([0-9]{1,4}))?(?!\S)|([^\s"]+)')
_CLOSE = 10  # words between two that are near, unless said otherwise
_MOST = 64  # words of a search
_HINT = 'write words, `"a phrase"`, `begin*`, or `badge NEAR query`'


def question(text: str) -> str:
    """Return a search as FTS5 wants it.

    Raises:
        ConfigError: It holds no word, or more than sixty-four.
    """
    groups: list[tuple[list[str], int]] = []
    near: int | None = None
    for part in _PART.finditer(readable(text)):
        phrase, star, distance, word = part.groups()
        if phrase is None and word is None:
            near = int(distance) if distance else _CLOSE
            continue
        term = _term(phrase, star) if word is None else _word(word)
        if not term:
            continue
        if near is not None and groups:
            terms, within = groups[-1]
            groups[-1] = ([*terms, term], max(within, near))
        else:
            groups.append(([term], 0))
        near = None
    count = sum(len(terms) for terms, _ in groups)
    if not 1 <= count <= _MOST:
        reason = "there is no word to search for" if not count else "too many words"
        raise ConfigError(reason, Locus("search"), _HINT)
    return " AND ".join(_group(terms, within) for terms, within in groups)


def any_of(text: str, but: Collection[str] = ()) -> str:
    """Return a search for what holds any of a text's words; empty if it has none.

    Args:
        text: The text.
        but: Words that aren't searched for, in lower case.
    """
    words = dict.fromkeys(re.findall(r"[^\W_]+", readable(text).casefold()))
    wanted = [word for word in words if word not in but]
    return " OR ".join(_quoted(word) for word in wanted[:_MOST])


def readable(text: str) -> str:
    """Return a text without what no index holds: control characters, half pairs."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(one if one.isprintable() else " " for one in whole)


def _group(terms: list[str], within: int) -> str:
    if len(terms) == 1:
        return terms[0]
    return f"NEAR({' '.join(terms)}, {within})"


def _word(word: str) -> str:
    return _term(word.rstrip("*"), "*" if word.endswith("*") else "")


def _term(text: str, star: str) -> str:
    # Of signs alone FTS5 makes a phrase of no words, which nothing holds.
    if not re.search(r"[^\W_]", text):
        return ""
    return _quoted(text) + star


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
