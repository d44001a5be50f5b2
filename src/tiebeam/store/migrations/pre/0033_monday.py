"""A token that a person gave, the account behind it, where its boards' webhooks knock and what they told."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_NAME = "connection_grant_kind_check"
_CHECK = (
    f"alter table tiebeam.connection drop constraint {_NAME}, add constraint {_NAME} check (grant_kind in"
)
_ACCOUNT = """
create table tiebeam.outside_account (
    tenant_id uuid not null references tiebeam.tenant (id),
    connection_id uuid not null,
    account_id text not null,
    name text not null,
    user_id text not null,
    user_name text not null,
    plan text not null,
    primary key (tenant_id, connection_id),
    foreign key (tenant_id, connection_id) references tiebeam.connection (tenant_id, id) on delete cascade
)
"""
_DOOR = """
create table tiebeam.outside_door (
    tenant_id uuid not null references tiebeam.tenant (id),
    link_id uuid not null,
    secret_hash bytea not null,
    key_id text not null,
    sealed bytea not null,
    hook_ids text[] not null,
    base_url text not null,
    refused text,
    kept_at timestamptz not null,
    primary key (tenant_id, link_id)
)
"""
# Nothing says what was told: it is never believed, and the item is read. `answers`: a rule there did it.
_TOLD = """
create table tiebeam.outside_told (
    tenant_id uuid not null references tiebeam.tenant (id),
    link_id uuid not null,
    item_id text not null check (item_id <> ''),
    told_at timestamptz not null,
    answers boolean not null,
    times integer not null check (times > 0),
    primary key (tenant_id, link_id, item_id)
)
"""
_ROUND = """
create table tiebeam.outside_pass (
    tenant_id uuid not null references tiebeam.tenant (id),
    link_id uuid not null,
    began_at timestamptz not null,
    ended_at timestamptz not null,
    calls integer not null,
    ours integer not null,
    theirs integer not null,
    refused text,
    primary key (tenant_id, link_id)
)
"""
_TABLES = ("outside_account", "outside_door", "outside_told", "outside_pass")


def upgrade() -> None:
    """Create them behind the wall."""
    op.execute(f"{_CHECK} ('authorization_code', 'client_credentials', 'token'))")
    for statement in (_ACCOUNT, _DOOR, _TOLD, _ROUND):
        op.execute(statement)
    for table in _TABLES:
        wall(f"tiebeam.{table}")


def downgrade() -> None:
    """Drop them, and with them the connections that they are of."""
    for table in reversed(_TABLES):
        op.execute(f"drop table tiebeam.{table}")
    op.execute("delete from tiebeam.connection where grant_kind = 'token'")
    op.execute(f"{_CHECK} ('authorization_code', 'client_credentials'))")
