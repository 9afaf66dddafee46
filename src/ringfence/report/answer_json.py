"""Answers about reach as JSON: one object with stable keys (`docs/reach.md`).

What stands there is complete: nothing is left out for want of room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import Any, Protocol

import msgspec

from ringfence.claims.answers import Crossing, How
from ringfence.claims.outcome import Path
from ringfence.report.answering import exit_code
from ringfence.report.json import harmless


class Answered(Protocol):
    """What is common to the answers to `who`, `what` and `path`."""

    @property
    def crossing(self) -> Crossing:
        """Whether somebody excluded reaches something protected."""


def answer(kind: str, told: Answered, how: How, labels: Mapping[str, str]) -> str:
    """Return the answer to one question as JSON text."""
    return render(kind, told, {"how": how}, told.crossing, labels)


def render(
    kind: str,
    answer: object,
    how: Mapping[str, How],
    crossing: Crossing,
    labels: Mapping[str, str],
) -> str:
    """Return an answer as JSON text, indented, with a line end.

    Args:
        kind: What it answers, and the version of its keys: `reach-who/1`.
        answer: The answer; its fields are the keys.
        how: What it rests on, by key.
        crossing: What decides the exit code.
        labels: Names that people use; those of nodes that the answer names are kept.
    """
    rests = {key: _plain(value) for key, value in how.items()}
    return _whole(kind, exit_code(crossing), _plain(answer) | rests, labels)


def plain(kind: str, answer: object, code: int, labels: Mapping[str, str]) -> str:
    """Return an answer that names its own digests, and has an exit code, as JSON."""
    return _whole(kind, code, _plain(answer), labels)


def _whole(
    kind: str, code: int, told: dict[str, Any], labels: Mapping[str, str]
) -> str:
    named = {node: labels[node] for node in sorted(_texts(told)) if node in labels}
    whole = {"ringfence": kind, "exit": code, **told, "labels": named}
    text = msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()
    return harmless(text) + "\n"


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON is anything
    """Return a value as JSON has it: objects by their fields, levels as words."""
    if is_dataclass(value) and not isinstance(value, type):
        told = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        return told | ({"certain": value.is_certain} if isinstance(value, Path) else {})
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, IntEnum) else value


def _texts(value: object) -> set[str]:
    """Return every text that a plain value holds, keys among them."""
    if isinstance(value, dict):
        return set(value).union(*map(_texts, value.values()))
    if isinstance(value, list):
        return set[str]().union(*map(_texts, value))
    return {value} if isinstance(value, str) else set()
