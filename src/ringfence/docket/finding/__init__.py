"""Finding: an index of what a docket holds, drawn from its ledger, proving nothing."""
