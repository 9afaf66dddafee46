"""What a caller sends as JSON, read strictly.

A body is an object of I-JSON (RFC 7493): UTF-8, no member's name twice. Members that
nobody knows are ignored, a null is as good as nothing, and whatever has another type
than it should is refused: no value is ever guessed at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, TypeVar

import msgspec

from ringfence.gate.point.http import JSON, Call

DEEPEST = 64
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")

Properties = Mapping[str, object]
Shape = TypeVar("Shape")


class MalformedError(Exception):
    """What was sent can't be understood; the message says why."""


# --- the shapes of bodies -------------------------------------------------------------


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subject or a resource."""

    type: str
    id: str
    properties: dict[str, object] | None = None


class Sought(msgspec.Struct, frozen=True):
    """The subject or the resource that is searched: its id, if any, is ignored."""

    type: str
    properties: dict[str, object] | None = None


class Action(msgspec.Struct, frozen=True, omit_defaults=True):
    """An action."""

    name: str
    properties: dict[str, object] | None = None


class Evaluation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question."""

    subject: Entity
    action: Action
    resource: Entity
    context: dict[str, object] | None = None


class Part(msgspec.Struct, frozen=True):
    """What one of several questions says itself, or all of them say together."""

    subject: Entity | None = None
    action: Action | None = None
    resource: Entity | None = None
    context: dict[str, object] | None = None

    def over(self, defaults: Part) -> Evaluation:
        """Return the whole question; an entity is taken whole, from here or there.

        Raises:
            MalformedError: Neither says all that is needed.
        """
        subject = self.subject or defaults.subject
        action = self.action or defaults.action
        resource = self.resource or defaults.resource
        if subject is None or action is None or resource is None:
            parts = {"subject": subject, "action": action, "resource": resource}
            lacking = next(name for name, one in parts.items() if one is None)
            raise MalformedError(f"missing required field `{lacking}`")
        context = defaults.context if self.context is None else self.context
        return Evaluation(subject, action, resource, context)


class Options(msgspec.Struct, frozen=True):
    """How several questions are answered."""

    evaluations_semantic: (
        Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"] | None
    ) = None


class Several(Part, frozen=True):
    """Several questions, each still to be read by itself."""

    evaluations: list[object] | None = None
    options: Options | None = None


class Page(msgspec.Struct, frozen=True):
    """Which part of a search's results is wanted."""

    token: str | None = None
    limit: int | None = None
    properties: dict[str, object] | None = None

    def __post_init__(self) -> None:
        """Refuse to return fewer than none."""
        if self.limit is not None and self.limit < 0:
            raise ValueError("`limit` must not be negative")


class SubjectSearch(msgspec.Struct, frozen=True):
    """Which subjects may do this?"""

    subject: Sought
    action: Action
    resource: Entity
    context: dict[str, object] | None = None
    page: Page | None = None


class ResourceSearch(msgspec.Struct, frozen=True):
    """To which resources may this be done?"""

    subject: Entity
    action: Action
    resource: Sought
    context: dict[str, object] | None = None
    page: Page | None = None


class ActionSearch(msgspec.Struct, frozen=True):
    """What may be done?"""

    subject: Entity
    resource: Entity
    context: dict[str, object] | None = None
    page: Page | None = None


# --- reading --------------------------------------------------------------------------


# The text of a number is kept: as a float, `0.30000000000000001` would be another one.
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_UNREAD = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_question = msgspec.json.Decoder(Evaluation, float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_canonical = msgspec.json.Encoder(decimal_format="number", order="sorted")


def question(call: Call) -> Evaluation:
    """Return the one question that a call carries.

    What says no more than a question can say is read at once; whatever else it may be,
    or whatever is wrong with it, is found out step by step.

    Raises:
        MalformedError: It carries none, or one that two readers may read differently.
    """
    body = call.body
    plain = b"\\" not in body and body.count(b"{") + body.count(b"[") <= DEEPEST
    if plain and call.headers.get("content-type") == JSON:
        try:
            found = _question.decode(body)
        except (*_UNREAD, ArithmeticError):
            pass  # what is wrong with it is told below
        else:
            # What is named twice, or unknown, or null, isn't written again.
            if _encoder.encode(found).count(b'"') == body.count(b'"'):
                return found
    return shaped(tree(call), Evaluation)


def tree(call: Call) -> Properties:
    """Return the JSON object that a call carries.

    Raises:
        MalformedError: It carries none, or one that two readers may read differently.
    """
    if not _is_json(call.headers.get("content-type", "")):
        raise MalformedError(f"the content type must be {JSON}, in UTF-8")
    found = decoded(call.body)
    if not isinstance(found, dict):
        raise MalformedError("the body must be a JSON object")
    return found


def _is_json(told: str) -> bool:
    if told == JSON:
        return True
    kind, _, rest = told.partition(";")
    return kind.strip().casefold() == JSON and _is_unicode(rest)


def _is_unicode(parameters: str) -> bool:
    for one in parameters.split(";"):
        name, _, value = one.partition("=")
        if name.strip().casefold() == "charset":
            return value.strip().strip('"').casefold() in {"utf-8", "utf8"}
    return True


def decoded(body: bytes) -> object:
    """Return the value of a JSON text.

    Raises:
        MalformedError: It isn't JSON, names a member twice or is nested too deep.
    """
    if not body:
        raise MalformedError("the body is empty")
    if body.count(b"{") + body.count(b"[") > DEEPEST and _depth(body) > DEEPEST:
        raise MalformedError(f"the body is nested deeper than {DEEPEST} levels")
    try:
        found = _decoder.decode(body)
    except ArithmeticError:
        raise MalformedError("a number is out of range") from None
    except _UNREAD as error:
        raise MalformedError(f"the body is not JSON: {error}") from None
    if _is_doubled(body, found):
        raise MalformedError("a member is named twice in one object")
    return found


def _depth(body: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKETS.findall(_STRING.sub(b"", body)):
        depth += 1 if bracket in b"{[" else -1
        deepest = max(deepest, depth)
    return deepest


def _is_doubled(body: bytes, found: object) -> bool:
    """Return whether some object of a JSON text names a member twice.

    A member that is named twice is in the value once. Without a backslash there are two
    quotation marks for each string, so that fewer are written again than were read.
    """
    if b"\\" not in body:
        return _encoder.encode(found).count(b'"') != body.count(b'"')
    try:
        json.loads(body, object_pairs_hook=_members, parse_int=str, parse_float=str)
    except MalformedError:
        return True
    return False


def _members(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise MalformedError


def shaped(value: object, shape: type[Shape]) -> Shape:
    """Return a JSON value as what it should be.

    Raises:
        MalformedError: It is something else; the message says what, and where.
    """
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        text = str(error)
        raise MalformedError(text[0].lower() + text[1:]) from None


def written(value: object) -> bytes:
    """Return a value as JSON, its numbers as they were read."""
    return _encoder.encode(value)


def canonical(value: object) -> bytes:
    """Return the one way to write a value as JSON."""
    return _canonical.encode(value)
