"""What was answered over the API under an idempotency key, so that a repetition gets the same."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

_TABLE = """
create table tiebeam.idempotency (
    tenant_id uuid not null references tiebeam.tenant (id),
    caller text not null,
    key text not null,
    request_hash bytea not null,
    begun_at timestamptz not null,
    status integer,
    media_type text,
    location text,
    body bytea,
    primary key (tenant_id, caller, key)
)
"""
_BY_AGE = "create index idempotency_begun on tiebeam.idempotency (tenant_id, begun_at)"


def upgrade() -> None:
    """Create the table behind the wall."""
    op.execute(_TABLE)
    op.execute(_BY_AGE)
    wall("tiebeam.idempotency")


def downgrade() -> None:
    """Drop it; what was answered may be done again."""
    op.execute("drop table tiebeam.idempotency")
