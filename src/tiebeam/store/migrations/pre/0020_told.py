"""What deliveries told of one record, however many others they told of."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.execute(
        "create index webhook_delivery_record on tiebeam.webhook_delivery (tenant_id, record_id, received_at)"
    )


def downgrade() -> None:
    """Drop it; the page of a record then reads every delivery of a week."""
    op.execute("drop index tiebeam.webhook_delivery_record")
