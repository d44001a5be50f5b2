"""The queue's claim and settle, made anew: what they did grew with the square of a batch."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.queue_work import CLAIM, DEFINER, SETTLE

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put the functions in the place of those of the same name; a new database has them already."""
    for statement in (SETTLE, CLAIM):
        op.execute(
            statement.replace("create function", "create or replace function").replace("@definer", DEFINER)
        )


def downgrade() -> None:
    """Leave them: they do what those before them did."""
