"""Which columns a statement touches, as far as its text can tell."""
