"""Queries over the ledger; nothing is written."""
