"""Identifiers in the one spelling in which they are compared."""
