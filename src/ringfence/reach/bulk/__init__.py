"""Reach over a numbered estate: hundreds of millions of edges, one question, proof."""
