"""Connections, their sealed credentials, and the counters of the rate gates."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0002"
down_revision = "0001"

_CONNECTION = """
create table tiebeam.connection (
    id uuid primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    vendor text not null,
    environment text not null,
    login_url text not null,
    api_url text not null,
    client_id text not null,
    company_id text,
    grant_kind text not null check (grant_kind in ('authorization_code', 'client_credentials')),
    status text not null check (status in ('connected', 'paused', 'error', 'disconnected')),
    code text,
    reason text,
    action text,
    since timestamptz not null,
    created_at timestamptz not null,
    refresh_began_at timestamptz,
    last_refreshed_at timestamptz,
    token_expires_at timestamptz,
    unique (tenant_id, id)
)
"""
_CREDENTIAL = """
create table tiebeam.credential (
    connection_id uuid primary key,
    tenant_id uuid not null,
    key_id text not null,
    sealed bytea not null,
    foreign key (tenant_id, connection_id) references tiebeam.connection (tenant_id, id) on delete cascade
)
"""

# A limit belongs to a client id, which several tenants may share, so a gate's row can have no tenant. It
# holds counters and nothing else, under a hash. The application role has no right to the table at all: it
# passes through two functions that touch only the row whose hash the caller already knows.
_GATE = """
create table tiebeam.gate (
    domain text primary key,
    version bigint not null,
    state jsonb not null
) with (fillfactor = 50)
"""
_GATE_READ = """
create function tiebeam.gate_read(key text) returns table (version bigint, state jsonb)
language sql stable strict security definer set search_path = pg_catalog, pg_temp
as $$ select g.version, g.state from tiebeam.gate g where g.domain = gate_read.key $$
"""
_GATE_SWAP = """
create function tiebeam.gate_swap(key text, seen bigint, state jsonb) returns boolean
language sql strict security definer set search_path = pg_catalog, pg_temp
as $$
    with made as (
        insert into tiebeam.gate (domain, version, state)
        select gate_swap.key, 1, gate_swap.state where gate_swap.seen = 0
        on conflict (domain) do nothing
        returning 1
    ), changed as (
        update tiebeam.gate g set version = g.version + 1, state = gate_swap.state
        where g.domain = gate_swap.key and g.version = gate_swap.seen
        returning 1
    )
    select exists (select from made) or exists (select from changed)
$$
"""
_GATE_FUNCTIONS = ("tiebeam.gate_read(text)", "tiebeam.gate_swap(text, bigint, jsonb)")


def upgrade() -> None:
    """Create the tables, each tenant's behind the wall, and the two ways to a gate."""
    for statement in (_CONNECTION, _CREDENTIAL, _GATE, _GATE_READ, _GATE_SWAP):
        op.execute(statement)
    wall("tiebeam.connection")
    wall("tiebeam.credential")
    op.execute("alter table tiebeam.gate enable row level security")
    op.execute("alter table tiebeam.gate force row level security")
    op.execute("create policy counters on tiebeam.gate to current_user using (true)")
    for function in _GATE_FUNCTIONS:
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant execute on function {function} to tiebeam_app")


def downgrade() -> None:
    """Drop them; every connection must then be made anew."""
    for function in _GATE_FUNCTIONS:
        op.execute(f"drop function {function}")
    for table in ("gate", "credential", "connection"):
        op.execute(f"drop table tiebeam.{table}")
