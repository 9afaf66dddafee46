"""Whose identifiers stand in texts, however they are written."""
