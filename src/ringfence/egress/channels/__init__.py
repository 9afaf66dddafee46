"""Declared flows: what was seen is held against what was declared."""
