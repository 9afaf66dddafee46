"""Column lineage of SQL: what a query shows, and what decides its rows.

Several sources stand on this room; it knows none of them. SQL is parsed by sqlglot and
resolved here in one pass, so that everything it doesn't know widens the answer.
"""
