"""A request and a response of HTTP, as far as a surface needs them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

JSON = "application/json"


class Call(msgspec.Struct, frozen=True):
    """A request.

    Attributes:
        method: `GET`, `POST`.
        path: Percent-decoded, without query.
        query: The query as it stands.
        headers: By lower-case name; of a name that comes twice, the values joined with
            a comma.
        body: The body, whole; the service has bounded its size.
    """

    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    query: str = ""


class Reply(msgspec.Struct, frozen=True):
    """A response."""

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
