"""The writer: what makes an entry sequenced, and then published."""
