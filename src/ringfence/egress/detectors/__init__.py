"""What something looks like, where the index knows nobody: categories, by checksum."""
