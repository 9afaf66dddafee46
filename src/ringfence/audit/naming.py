"""The touches of a log with its own names turned into the ids of the estate."""

from __future__ import annotations

from collections.abc import Sequence

from ringfence.audit.event import Touch, touch_of
from ringfence.boundary.naming import node_of
from ringfence.boundary.order import Naming


def renamed(namings: Sequence[Naming], text: str) -> str:
    """Return the text of a touch with its foreign names turned into nodes."""
    touch = touch_of(text)

    def turned(ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(node_of(namings, one) for one in ids)

    return Touch(
        turned(touch.columns),
        turned(touch.whole),
        turned(touch.part),
        touch.unclear,
        tuple(turned(group) for group in touch.either),
        node_of(namings, touch.only),
    ).text()
