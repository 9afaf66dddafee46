"""The boundary: whose data, which data, who is excluded, where copies may be.

The centre of the house, and the only place that says who is excluded or what is
protected. Pure: no I/O beyond its own files, and no clock.
"""
