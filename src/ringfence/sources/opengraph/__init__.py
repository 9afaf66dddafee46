"""OpenGraph: nodes and edges of any collector that writes BloodHound's open format."""

from ringfence.sources.opengraph.reading import SOURCE

__all__ = ["SOURCE"]
