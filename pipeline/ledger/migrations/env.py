"""Runs the migrations on the connection the ledger was opened with."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
