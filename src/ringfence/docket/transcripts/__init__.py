"""What a recording says, written down: an index for finding, never the quote."""
