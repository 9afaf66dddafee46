"""Heads: what stood before the bodies of a connection's requests, and what it said.

A head is known by its bytes, all of them. So whatever the parser made of it, it would
make of it again; only its length has to be that of the body which follows.
"""

from __future__ import annotations

from collections.abc import Mapping

END = b"\r\n\r\n"
MOST = 16  # heads of one connection: lengths of bodies differ
LONGEST = 1 << 10  # bytes of one


class Head:
    """What a request says before its body, as far as it is looked at.

    Attributes:
        url: The URL as it was sent. `path`: the same as a text.
        token: The bearer's token.
        headers: What a surface is told of its headers.
        reference: What the caller calls the request, if anything.
        length: Bytes of its body.
    """

    __slots__ = ("headers", "length", "path", "reference", "token", "url")

    def __init__(
        self,
        url: bytes,
        token: bytes,
        headers: Mapping[str, str],
        reference: bytes | None,
        length: int,
    ) -> None:
        self.url, self.path = url, url.decode()
        self.token = token
        self.headers = headers
        self.reference = reference
        self.length = length


class Heads(dict[bytes, Head]):
    """The heads that a connection knows, by their bytes."""

    def keep(self, data: bytes, head: Head) -> None:
        """Keep the head of one request, if nothing but it and its body arrived.

        Where a caller gives each request a name of its own, no head comes twice.

        Args:
            data: What arrived, with which one request was complete.
            head: What the parser made of its head.
        """
        size = len(data) - head.length
        if head.reference is not None or not 0 < size <= LONGEST or not head.length:
            return
        whole = data[:size]
        if whole.find(END) != len(whole) - len(END):
            return  # something stands before it, or behind
        if whole.count(b"\n") != whole.count(b"\r\n"):
            return  # lines that end otherwise: a head may be over before it seems so
        if len(self) >= MOST:
            self.clear()
        self[whole] = head
