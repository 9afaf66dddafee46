"""PostgreSQL: its ways closed by its own means, tried, and watched."""
