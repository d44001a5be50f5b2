"""What Alembic runs for each command: our connection, our version tables, one transaction a migration."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    version_table_schema="tiebeam",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
