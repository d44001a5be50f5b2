"""Fingerprints: by which a row that is as it was is known without being read."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the fingerprint of each record's row; None until the row changes next."""
    op.execute("alter table tiebeam.record add column fingerprint bytea")


def downgrade() -> None:
    """Forget the fingerprints: every row is read again."""
    op.execute("alter table tiebeam.record drop column fingerprint")
