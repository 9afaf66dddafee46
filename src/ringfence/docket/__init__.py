"""Recordings, statements and what they bear on: kept so that they can be believed."""
