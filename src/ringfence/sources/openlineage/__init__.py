"""OpenLineage: which dataset, and which column, a run made from which."""

from ringfence.sources.openlineage.reading import SOURCE

__all__ = ["SOURCE"]
