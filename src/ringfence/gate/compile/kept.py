"""What was found once, kept within bounds: neither many things nor long ones."""

from __future__ import annotations

from typing import TypeVar

MOST = 16_384
LONGEST = 4_096
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Kept(dict[_Key, _Value]):
    """A dictionary that whoever asks can't fill without end.

    When it is full, it begins anew. What it would know by a long name, it doesn't keep.
    """

    def keep(self, key: _Key, value: _Value, *, length: int = 0) -> _Value:
        """Keep a value if there is a place for it, and return it.

        Args:
            key: What it is found by.
            value: The value.
            length: How many characters it is found by.
        """
        if length <= LONGEST:
            if len(self) >= MOST:
                self.clear()
            self[key] = value
        return value
