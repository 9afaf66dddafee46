"""What the logs make of claims: the estate as it was, event by event."""
