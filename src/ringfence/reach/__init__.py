"""Reach: who could get at what, by which chain of facts, and the proof of either."""
