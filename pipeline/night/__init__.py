"""The night: the whole road in order, its record in the ledger, and the closing of a year."""
