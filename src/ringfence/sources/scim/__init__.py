"""SCIM 2.0 (RFC 7643): people, groups and who belongs to which."""

from ringfence.sources.scim.reading import SOURCE

__all__ = ["SOURCE"]
