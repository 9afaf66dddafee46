"""YAML 1.2 with places: core-schema scalars only, no tags, anchors or aliases.

libyaml parses, ruamel.yaml resolves by the rules of YAML 1.2, so that Norway's `NO`,
`yes` and `12:30:00` stay text. Dates stay text too. Anchors are refused: a few lines of
them can stand for more data than a machine holds.
"""

from __future__ import annotations

import math

import ruamel.yaml
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, DocumentStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from ringfence.documents.located import Data, Located
from ringfence.errors import Locus, Problem, SourceError

_TAG = "tag:yaml.org,2002:"
DEEPEST = 64


def read_yaml(text: str, name: str) -> Located:
    """Return the one document in `text`; `name` is what places call the file.

    Raises:
        SourceError: Not YAML, more than one document, a directive, a duplicate key, an
            anchor, a tag, a number that is none, or nested deeper than 64 levels. It
            carries every such problem that can be told at once.
    """
    root = _compose(text, name)
    if root is None:
        raise SourceError("is empty", Locus(name))
    problems: list[Problem] = []
    value = _value(root, name, problems)
    if problems:
        raise SourceError.of(problems)
    return value


def _compose(text: str, name: str) -> Node | None:
    hint = "check indentation, colons and quotes"
    try:
        root = _tree(text, name)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Locus(name, mark.line + 1, mark.column + 1) if mark else Locus(name)
        reason = (error.problem or error.context or "is not YAML").strip()
        raise SourceError(f"is not YAML: {reason}", at, hint) from None
    except ReaderError as error:
        # libyaml tells which character it doesn't read, but hardly where it stands.
        before = text.partition(chr(error.character))[0]
        at = Locus(name, before.count("\n") + 1)
        reason = f"holds the control character {error.character:#04x}"
        raise SourceError(reason, at, "take it out, or write it as an escape") from None
    except (YAMLError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise SourceError(f"is not YAML: {reason}", Locus(name), hint) from None
    return root


def _tree(text: str, name: str) -> Node | None:
    try:
        return _read(text, name, ruamel.yaml.YAML(typ="safe"))
    except MarkedYAMLError as error:
        if "unexpected ':'" not in (error.problem or ""):
            raise
    # libyaml knows `[group:metrics]` only as YAML 1.1 had it; the slower parser reads
    # it as YAML 1.2 does.
    return _read(text, name, ruamel.yaml.YAML(typ="safe", pure=True))


def _read(text: str, name: str, yaml: ruamel.yaml.YAML) -> Node | None:
    _refuse_hazards(text, name, yaml)
    root: Node | None = yaml.compose(text)
    return root


def _refuse_hazards(text: str, name: str, yaml: ruamel.yaml.YAML) -> None:
    """Refuse anchors and bottomless nesting before a tree is built of them."""
    depth = 0
    for event in yaml.parse(text):
        mark = event.start_mark
        at = Locus(name, mark.line + 1, mark.column + 1)
        if isinstance(event, DocumentStartEvent) and _is_directed(event):
            hint = "leave lines with `%` out: files are read as YAML 1.2"
            raise SourceError("directives are not read", at, hint)
        if getattr(event, "tag", None):
            raise SourceError("tags are not read", at, "leave out what begins with `!`")
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise SourceError("anchors are not read", at, "write the value out")
        if any("\ud800" <= c <= "\udfff" for c in getattr(event, "value", None) or ""):
            raise SourceError("holds half a surrogate pair, which is no character", at)
        depth += _depth_change(event)
        if depth > DEEPEST:
            raise SourceError(f"is nested deeper than {DEEPEST} levels", at)


def _is_directed(event: DocumentStartEvent) -> bool:
    """Return whether `%YAML 1.1` or `%TAG` changes what the document's words mean."""
    return bool(event.tags) or event.version not in (None, (1, 2))


def _depth_change(event: object) -> int:
    kind = type(event).__name__
    if kind in ("MappingStartEvent", "SequenceStartEvent"):
        return 1
    return -1 if kind in ("MappingEndEvent", "SequenceEndEvent") else 0


def _value(node: Node, name: str, problems: list[Problem]) -> Located:
    at = Locus(name, node.start_mark.line + 1, node.start_mark.column + 1)
    return Located(_data(node, name, problems), at)


def _data(node: Node, name: str, problems: list[Problem]) -> Data:
    match node:
        case ScalarNode():
            return _scalar(node, name, problems)
        case SequenceNode():
            return [_value(item, name, problems) for item in node.value]
        case MappingNode():
            return _mapping(node, name, problems)
        case _:
            return None


def _mapping(
    node: MappingNode, name: str, problems: list[Problem]
) -> dict[str, Located]:
    entries: dict[str, Located] = {}
    for key_node, value_node in node.value:
        mark = key_node.start_mark
        key_at = Locus(name, mark.line + 1, mark.column + 1)
        if not isinstance(key_node, ScalarNode):
            problems.append(Problem("a key must be text", key_at))
            continue
        # The key's text as written: `NO`, `404` and `true` are keys, not values.
        key = key_node.value
        if key in entries:
            first = entries[key].key_at
            hint = f"it stands in line {first.line} already" if first else None
            problems.append(Problem(f"duplicate key `{key}`", key_at, hint))
            continue
        value = _value(value_node, name, problems)
        entries[key] = Located(value.data, value.at, key_at)
    return entries


def _scalar(node: ScalarNode, name: str, problems: list[Problem]) -> Data:
    text: str = node.value
    match str(node.tag).removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return _number(node, name, problems, int)
        case "float":
            return _number(node, name, problems, float)
        case _:
            # Timestamps and everything else stay the text that was written.
            return text


def _number(
    node: ScalarNode,
    name: str,
    problems: list[Problem],
    kind: type[int | float],
) -> int | float | str:
    text: str = node.value
    # `1_000` was a number in YAML 1.1 alone.
    if "_" in text:
        return text
    number: int | float | str
    try:
        number = int(text, 0) if text.startswith(("0o", "0x")) else kind(text)
    except ValueError:
        number = text
    is_named = text.lower().lstrip("+-") in (".inf", ".nan")
    if is_named or number in (math.inf, -math.inf):
        at = Locus(name, node.start_mark.line + 1, node.start_mark.column + 1)
        problems.append(Problem(f"`{text}` is no number here", at))
    return number
