"""Payloads opened: archives, tables, lines, and what a format hides."""
