"""What stands before bodies: which headers go inside, which leave, and by what channel.

A header that leaves is judged. What a proxy can do without doesn't leave at all:
validators and dates of a content that may be masked say nothing true of it, and hex
that nobody can read would be held.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote

Pair = tuple[bytes, bytes]
HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Headers of one connection, which no proxy passes on (RFC 9110, section 7.6.1)."""
# What would have another path, method or part answered than the one that is judged, or
# tells inside what only a proxy may say.
_STAYING_OUT = HOP | {
    b"accept-encoding",
    b"content-length",
    b"expect",
    b"forwarded",
    b"host",
    b"http2-settings",
    b"if-modified-since",
    b"if-none-match",
    b"if-range",
    b"range",
    b"request-range",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-path",
    b"x-forwarded-prefix",
    b"x-forwarded-proto",
    b"x-forwarded-uri",
    b"x-http-method",
    b"x-http-method-override",
    b"x-method-override",
    b"x-original-uri",
    b"x-original-url",
    b"x-rewrite-url",
}
_STAYING_IN = HOP | {
    b"accept-ranges",
    b"age",
    b"alt-svc",
    b"cache-control",
    b"content-digest",
    b"content-length",
    b"content-md5",
    b"content-range",
    b"date",
    b"digest",
    b"etag",
    b"expires",
    b"last-modified",
    b"nel",
    b"pragma",
    b"report-to",
    b"repr-digest",
    b"server",
    b"vary",
    b"via",
}
OURS = b"x-ringfence-"
_AMBIGUOUS = re.compile(
    r"[\x00-\x20\x7f\\;#?]|//|/\.{1,2}(?:/|$)|%(?:2f|5c|25|00)", re.IGNORECASE
)
_RAW = re.compile(r"%(?:2f|5c|25|00|3b|3f|23)", re.IGNORECASE)


def nominated(headers: Iterable[Pair]) -> frozenset[bytes]:
    """Return the names that a `Connection` header keeps to one connection."""
    found = (value for name, value in headers if name.lower() == b"connection")
    return frozenset(
        one.strip().lower() for value in found for one in value.split(b",")
    )


def inward(headers: Sequence[Pair], added: Mapping[bytes, bytes]) -> list[Pair]:
    """Return the headers of a request as they go inside.

    Args:
        headers: As the client sent them. A name with `_` stays out: some servers
            take it for the same name with `-`.
        added: What the proxy says itself.
    """
    out = _STAYING_OUT | nominated(headers)
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in out
        and not name.lower().startswith(OURS)
        and b"_" not in name
    ]
    return [*added.items(), (b"accept-encoding", b"identity"), *kept]


def leaving(headers: Sequence[Pair]) -> list[Pair]:
    """Return the headers of an answer that may leave, once they are judged."""
    staying = _STAYING_IN | nominated(headers)
    lower = ((name.lower(), value) for name, value in headers)
    return [
        (name, value)
        for name, value in lower
        if name not in staying and not name.startswith(OURS)
    ]


def text(value: bytes) -> str:
    """Return a header's value as a text: UTF-8 where it is one."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def size_of(headers: Sequence[Pair]) -> int:
    """Return the bytes of headers as they go over a wire."""
    return sum(len(name) + len(value) + 4 for name, value in headers)


def values(headers: Sequence[Pair], name: bytes) -> list[str]:
    """Return every value of a header, small letters, without parameters."""
    found = (value for key, value in headers if key.lower() == name)
    return [
        part.partition(";")[0].strip().lower()
        for value in found
        for part in text(value).split(",")
        if part.strip()
    ]


def stated(
    status: int, headers: Sequence[Pair], target: str, trailers: Sequence[Pair]
) -> dict[str, str]:
    """Return what goes with a body: all of it is looked through like the body."""
    found = {":status": str(status), ":path": target}
    pairs = [(text(name), text(value)) for name, value in headers]
    pairs += [(f"trailer {text(name)}", text(value)) for name, value in trailers]
    for name, value in pairs:
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def plain_path(target: str) -> str | None:
    """Return the path of a target as every server reads it; None: servers differ.

    A path that one server reads in one way and the next in another would be judged by
    one channel and answered from another: dot segments, empty segments, parameters,
    slashes and percent signs that are themselves encoded.
    """
    raw = target.partition("?")[0]
    if not raw.startswith("/") or not raw.isascii() or _RAW.search(raw):
        return None
    path = unquote(raw, errors="surrogateescape")
    return None if _AMBIGUOUS.search(path) else path


def channel_of(path: str, channels: Mapping[str, str]) -> str | None:
    """Return the channel of the longest prefix of a path, by whole segments."""
    found = max((one for one in channels if _is_below(path, one)), key=len, default="")
    return channels.get(found)


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")
