"""Which handler answers to which method and path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ringfence.gate.point.asked import Caller
from ringfence.gate.point.http import Call, Reply
from ringfence.gate.point.point import Point, Prompt

Handler = Callable[[Point, Caller, Call], Awaitable[Reply]]
"""Answers one request; UnansweredError where it can't."""
Prompting = Callable[[Prompt, Caller, Call, Callable[[Reply], None]], None]
"""Answers one request without anybody who waits: the reply is told later, once. What it
raises, it raises before anything is decided, and a handler answers instead."""
ANY = "*"
_REST = "/*"


class Table:
    """Handlers by method and path.

    Args:
        handlers: By keys such as `POST /v1/data/*`: a method, or `*` for any, a blank,
            and a path, or with `/*` at its end all paths below one.

    Raises:
        ValueError: A key is none, or two stand for the same.
    """

    def __init__(self, *handlers: Mapping[str, Handler]) -> None:
        self._exact: dict[str, dict[str, Handler]] = {}
        self._below: dict[str, dict[str, Handler]] = {}
        for key, handler in (pair for one in handlers for pair in one.items()):
            method, _, path = key.partition(" ")
            if not method or not path.startswith("/"):
                raise ValueError(f"`{key}` is no method and path")
            below = path.endswith(_REST)
            paths = self._below if below else self._exact
            methods = paths.setdefault(path.removesuffix("*") if below else path, {})
            if method in methods:
                raise ValueError(f"`{key}` has two handlers")
            methods[method] = handler
        self._prefixes = sorted(self._below, key=len, reverse=True)

    def methods(self, path: str) -> Mapping[str, Handler]:
        """Return the handlers of a path, by method: the longest match, or nothing."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact
        for prefix in self._prefixes:
            if path.startswith(prefix):
                return self._below[prefix]
        return {}
