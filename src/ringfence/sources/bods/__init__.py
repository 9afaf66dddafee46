"""BODS 0.4, the Beneficial Ownership Data Standard: who owns and controls whom."""

from ringfence.sources.bods.reading import SOURCE

__all__ = ["SOURCE"]
