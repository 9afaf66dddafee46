"""Keeping: a ledger over the years, with its payloads, keys, shards and copies."""
