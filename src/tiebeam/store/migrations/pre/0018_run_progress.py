"""How far a sync run is, for who looks at it from another process."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what a run under way says of itself, and when it last did; a run that is over has its tally."""
    op.execute("alter table tiebeam.sync_run add column progress jsonb, add column seen_at timestamptz")
    op.execute("create index sync_run_latest on tiebeam.sync_run (tenant_id, id)")


def downgrade() -> None:
    """Drop them; a run under way is then seen by its start alone."""
    op.execute("drop index tiebeam.sync_run_latest")
    op.execute("alter table tiebeam.sync_run drop column progress, drop column seen_at")
