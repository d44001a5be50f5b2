"""Which delivery caused which calls: the id under which it was taken in, beside it and what waits for it."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = ("webhook_delivery", "webhook_pending")


def upgrade() -> None:
    """Add the column; what came before has none."""
    for table in _TABLES:
        op.execute(f"alter table tiebeam.{table} add column correlation_id text")


def downgrade() -> None:
    """Drop it; deliveries and calls are no longer to be brought together."""
    for table in _TABLES:
        op.execute(f"alter table tiebeam.{table} drop column correlation_id")
