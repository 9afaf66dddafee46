"""Sources: each module reads one kind of system or file and yields facts, no more.

No source knows the boundary, and none knows another.
"""
