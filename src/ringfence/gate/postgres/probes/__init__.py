"""The list of pitfalls as statements: a module for each group, and what tries them."""
