"""May this cross? One pure function of a scene, a request and an instant.

Everything that enforces compiles this function or calls it.
"""
