"""Benchmarks: `make bench TOPIC=spine` runs `bench/spine.py`."""
