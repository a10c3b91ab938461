"""One case to a verdict, in data and in words: comparison, masks, renaming, the ledger."""
