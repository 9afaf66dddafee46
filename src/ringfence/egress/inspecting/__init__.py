"""What was seen in the portions of a payload, brought together."""
