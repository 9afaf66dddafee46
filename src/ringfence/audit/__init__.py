"""Who did cross: logs read once into a table of events, each judged as of its time."""
