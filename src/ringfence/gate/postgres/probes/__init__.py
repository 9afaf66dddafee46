"""The list of pitfalls as statements: one module for each group, and what tries them."""
