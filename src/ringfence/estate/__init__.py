"""The estate: dated facts with provenance, their digest, and views as of a time."""
