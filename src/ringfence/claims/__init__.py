"""Claims: the claim language, the verdict algebra, and one module for each kind."""
