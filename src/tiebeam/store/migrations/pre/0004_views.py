"""Readers of loose values for the typed views: what does not fit a type reads as null, never as an error."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TYPES = ("bigint", "boolean", "date", "timestamptz", "numeric")


def upgrade() -> None:
    """Create one reader a type."""
    for name in _TYPES:
        op.execute(
            f"""
            create function tiebeam.as_{name}(value text) returns {name}
            language plpgsql stable parallel safe set datestyle = 'ISO' as $$
            begin
                return value::{name};
            exception when others then
                return null;
            end
            $$
            """
        )
        op.execute(f"grant execute on function tiebeam.as_{name}(text) to tiebeam_app")


def downgrade() -> None:
    """Drop them again, with the views that use them."""
    for name in _TYPES:
        op.execute(f"drop function tiebeam.as_{name}(text) cascade")
