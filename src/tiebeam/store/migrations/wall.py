"""The wall between tenants, built the same way around every table."""

from __future__ import annotations

from alembic import op

from tiebeam.store.connections import APPLICATION_ROLE

_TENANT = "(select nullif(current_setting('tiebeam.tenant', true), '')::uuid)"


def wall(
    table: str, *, tenant_column: str = "tenant_id", grants: str = "select, insert, update, delete"
) -> None:
    """Let the application role see and write only the present tenant's rows of `table` (`schema.name`).

    Forced, so that the table's owner is behind the wall too. Without a tenant nothing is seen.
    """
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy wall on {table}"
        f" using ({tenant_column} = {_TENANT}) with check ({tenant_column} = {_TENANT})"
    )
    op.execute(f"grant {grants} on {table} to {APPLICATION_ROLE}")
