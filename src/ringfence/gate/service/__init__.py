"""The decision point as a service over HTTP."""
