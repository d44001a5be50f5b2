"""What a company sets itself: how long what grows is kept, and the channels that alerts are told on."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_RETENTION = """
create table tiebeam.retention (
    tenant_id uuid not null references tiebeam.tenant (id),
    kind text not null check (kind in ('sync_log', 'alert', 'sync_run', 'pull', 'webhook_delivery')),
    days integer not null check (days between 1 and 3650),
    primary key (tenant_id, kind)
)
"""
_CHANNEL = """
create table tiebeam.own_channel (
    id uuid primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    name text not null check (length(name) between 1 and 80),
    kind text not null,
    threshold smallint not null check (threshold in (1, 2, 3)),
    quiet_minutes integer not null check (quiet_minutes between 0 and 1440),
    enabled boolean not null,
    key_id text not null,
    sealed bytea not null,
    added_at timestamptz not null,
    added_by text not null,
    tried_at timestamptz,
    tried_error text,
    unique (tenant_id, name)
)
"""
_TABLES = ("retention", "own_channel")


def upgrade() -> None:
    """Create the tables behind the wall."""
    for statement in (_RETENTION, _CHANNEL):
        op.execute(statement)
    for table in _TABLES:
        wall(f"tiebeam.{table}")


def downgrade() -> None:
    """Drop them: what the installation sets counts for everybody again, and own channels are gone."""
    for table in reversed(_TABLES):
        op.execute(f"drop table tiebeam.{table}")
