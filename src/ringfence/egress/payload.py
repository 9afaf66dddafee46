"""What asks to leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Payload:
    """What asks to leave, as it came.

    Attributes:
        name: File name, or path of a URL; it is looked through like the content.
        content: The bytes, or the file that holds them.
        media: Media type, as the sender states it. What is inside is told by the
            content; a statement that differs is a doubt.
        stated: What goes with it (headers, the query of a URL, an object's metadata);
            looked through like the content.
    """

    name: str
    content: bytes | Path
    media: str = ""
    stated: Mapping[str, str] = field(default_factory=dict)
