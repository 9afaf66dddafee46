"""How many people: each counted once, over twelve months, for each receiving group."""
