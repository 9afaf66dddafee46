"""The protocols that ask the decision point, each in its own words."""
