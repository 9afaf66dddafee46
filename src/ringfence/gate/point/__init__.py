"""The decision point: it decides, logs, and says why."""
