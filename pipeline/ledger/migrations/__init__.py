"""The steps from every earlier form of the ledger's tables to today's, for Alembic."""
