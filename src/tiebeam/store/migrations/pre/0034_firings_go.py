"""What came of rules goes when it is old, and a company says when."""

from __future__ import annotations

from alembic import op

from tiebeam.store.connections import APPLICATION_ROLE

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_OLDER = ("sync_log", "alert", "sync_run", "pull", "webhook_delivery")


def upgrade() -> None:
    """Let old rows be deleted, and let a company choose how long they are kept."""
    op.execute(f"grant delete on tiebeam.automation_firing to {APPLICATION_ROLE}")
    _allow(*_OLDER, "automation_firing")


def downgrade() -> None:
    """Keep them for ever again."""
    op.execute("delete from tiebeam.retention where kind = 'automation_firing'")
    _allow(*_OLDER)
    op.execute(f"revoke delete on tiebeam.automation_firing from {APPLICATION_ROLE}")


def _allow(*kinds: str) -> None:
    named = ", ".join(f"'{kind}'" for kind in kinds)
    op.execute("alter table tiebeam.retention drop constraint retention_kind_check")
    op.execute(f"alter table tiebeam.retention add constraint retention_kind_check check (kind in ({named}))")
