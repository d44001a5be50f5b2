"""A document can be sent by a rule, too."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_NAME = "push_intent_trigger_check"
_CHECK = f"alter table tiebeam.push_intent drop constraint {_NAME}, add constraint {_NAME}"


def upgrade() -> None:
    """Allow it."""
    op.execute(f"{_CHECK} check (trigger in ('button', 'schedule', 'approval', 'rule'))")


def downgrade() -> None:
    """Take what rules have had sent as sent by a button."""
    op.execute("update tiebeam.push_intent set trigger = 'button' where trigger = 'rule'")
    op.execute(f"{_CHECK} check (trigger in ('button', 'schedule', 'approval'))")
