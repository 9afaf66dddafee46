"""Watching: a whole log checked, and a log held to what it said before."""
