"""The file gateway: what lies in an outbox is released or held, as the exit says."""
