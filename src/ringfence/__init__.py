"""Ringfence: who can cross the fence round one population's data, with proof."""

__version__ = "0.1.0"
