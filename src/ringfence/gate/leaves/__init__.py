"""Exceptions that are asked for, approved, counted and ended, each step in a ledger."""
