"""A log as the boundary file orders it."""

from ringfence.boundary.order import LogOrder, Naming

__all__ = ["LogOrder", "Naming"]
