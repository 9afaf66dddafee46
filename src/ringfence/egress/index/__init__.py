"""Keyed fingerprints of the population's identifiers: exact, and never in the clear."""
