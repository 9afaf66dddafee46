"""Looks through a store for copies that should not exist, wholly or by a sample."""
