"""What leaves a docket: chosen by an allow-list, read back as a stranger reads it."""
