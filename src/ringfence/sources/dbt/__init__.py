"""dbt: columns with their tags, and what each column is made from."""

from ringfence.sources.dbt.reading import SOURCE

__all__ = ["SOURCE"]
