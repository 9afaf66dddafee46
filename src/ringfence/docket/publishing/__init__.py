"""What of a docket may leave it, and how a reader checks what does."""
