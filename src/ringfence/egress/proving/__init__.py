"""Proving the exit: canaries are tried in every form, at every surface."""
