"""The exit: nothing leaves without a verdict that the ledger holds."""
