"""What is kept for minutes, and hashes, are stored as they are: to compress them costs more than it saves."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_COLUMNS = (("pull_page", "keys"), ("sync_log", "hashes"))


def upgrade() -> None:
    """Store them as they are from now on; what was stored before stays."""
    _store("external")


def downgrade() -> None:
    """Compress them again."""
    _store("extended")


def _store(how: str) -> None:
    for table, column in _COLUMNS:
        op.execute(f"alter table tiebeam.{table} alter column {column} set storage {how}")
