"""What every part of a boundary is: a frozen value, read back as it was written."""

from __future__ import annotations

import msgspec


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a boundary."""
