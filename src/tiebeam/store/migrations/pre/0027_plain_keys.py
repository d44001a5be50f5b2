"""The keys of a page are kept for minutes and read whole: to compress them costs more than it saves."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Store keys as they are; those of pages that were read before stay as they were stored."""
    op.execute("alter table tiebeam.pull_page alter column keys set storage external")


def downgrade() -> None:
    """Compress them again."""
    op.execute("alter table tiebeam.pull_page alter column keys set storage extended")
