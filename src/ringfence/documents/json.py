"""JSON with places: a JSON pointer (RFC 6901) for each value, duplicate keys refused.

The standard library's parser is used rather than a faster one because it alone lets us
see duplicate keys, which two readers of one file may otherwise settle differently.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

from ringfence.documents.located import Located
from ringfence.errors import Locus, SourceError

DEEPEST = 200
_HALF = "holds half a surrogate pair, which is no character"


class _RefusedError(ValueError):
    """A value that JSON's grammar takes and we do not."""


def read_json(text: str, name: str) -> Located:
    """Return the one value in `text`; `name` is what places call the file.

    Raises:
        SourceError: Not JSON, a duplicate key, NaN, an infinity or a number that
            becomes one, half a surrogate pair, or nested deeper than 200 levels.
    """
    return locate(_parse(text, Locus(name)), name, "")


def read_json_lines(text: str, name: str) -> Iterable[Located]:
    """Yield the value of each line of `text` that isn't blank, placed by its line.

    Raises:
        SourceError: As `read_json`, naming the line.
    """
    # A line ends with a line feed alone: U+2028 and the like may stand in a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield locate(_parse(line, Locus(name, number)), f"{name}:{number}", "")


def _parse(text: str, at: Locus) -> object:
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        line = (at.line or 1) + error.lineno - 1
        place = Locus(at.file, line, error.colno)
        reason = error.msg[0].lower() + error.msg[1:]
        hint = "is the file whole, and JSON throughout?"
        raise SourceError(f"is not JSON: {reason}", place, hint) from None
    except _RefusedError as error:
        raise SourceError(str(error), at) from None
    except (RecursionError, ValueError) as error:
        reason = (
            "nested too deeply"
            if isinstance(error, RecursionError)
            else "a number is too long"
        )
        raise SourceError(f"is not readable JSON: {reason}", at) from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                message = f"duplicate key `{key}`"
                raise _RefusedError(message)
            seen.add(key)
    return found


def _refuse_constant(word: str) -> object:
    message = f"`{word}` is not JSON"
    raise _RefusedError(message)


def locate(value: object, name: str, pointer: str) -> Located:
    """Return a parsed JSON value as a located tree below `pointer`.

    Raises:
        SourceError: Nested deeper than 200 levels, half a surrogate pair, or a number
            too large to be told from infinity.
    """
    if pointer.count("/") > DEEPEST:
        at = Locus(name)
        raise SourceError(f"is nested deeper than {DEEPEST} levels", at)
    at = Locus(name, pointer=pointer)
    match value:
        case dict():
            if any(map(_has_surrogate, value)):
                raise SourceError(_HALF, at)
            entries = {
                key: locate(item, name, f"{pointer}/{_token(key)}")
                for key, item in value.items()
            }
            return Located(entries, at)
        case list():
            items = [
                locate(item, name, f"{pointer}/{index}")
                for index, item in enumerate(value)
            ]
            return Located(items, at)
        case str() if _has_surrogate(value):
            raise SourceError(_HALF, at)
        case float() if math.isinf(value):
            raise SourceError("holds a number that is too large", at)
        case None | bool() | int() | float() | str():
            return Located(value, at)
        case _:
            message = f"not a JSON value: {type(value).__name__}"
            raise AssertionError(message)


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text)


def _token(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
