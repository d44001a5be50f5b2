"""Webhooks: hooks by the hash of their secret, what they delivered, and which records to fetch for it."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_HOOK = """
create table tiebeam.webhook (
    id uuid primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    connection_id uuid not null,
    company_id text not null,
    secret_hash bytea not null unique,
    vendor_hook_id text,
    destination_url text not null,
    payload_version text not null,
    own_application_id text,
    own_user_id text,
    made_at timestamptz not null,
    retired_at timestamptz,
    seen_until timestamptz not null,
    foreign key (tenant_id, connection_id) references tiebeam.connection (tenant_id, id) on delete cascade
)
"""
_HOOK_IN_USE = """
create unique index webhook_in_use on tiebeam.webhook (connection_id)
where retired_at is null and vendor_hook_id is not null
"""
_DELIVERY = """
create table tiebeam.webhook_delivery (
    id bigint generated always as identity,
    tenant_id uuid not null,
    hook_id uuid not null references tiebeam.webhook (id) on delete cascade,
    dedupe_id text not null,
    received_at timestamptz not null,
    event_at timestamptz not null,
    resource text not null,
    record_id text not null,
    project_id text not null,
    event_type text not null,
    fate text not null check (fate in ('fetch', 'echo', 'not_copied', 'unreadable')),
    source text not null check (source in ('push', 'gap')),
    body bytea not null,
    primary key (hook_id, dedupe_id)
)
"""
_DELIVERY_AT = "create index webhook_delivery_at on tiebeam.webhook_delivery (tenant_id, received_at)"
_PENDING = """
create table tiebeam.webhook_pending (
    tenant_id uuid not null,
    connection_id uuid not null,
    stream text not null,
    scope text not null,
    key text not null,
    deleted boolean not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    received_at timestamptz not null,
    generation bigint not null default 1,
    attempts integer not null default 0,
    next_at timestamptz not null,
    last_error text,
    primary key (connection_id, stream, scope, key),
    foreign key (tenant_id, connection_id) references tiebeam.connection (tenant_id, id) on delete cascade
) with (fillfactor = 70)
"""
_PENDING_NEXT = "create index webhook_pending_next on tiebeam.webhook_pending (next_at)"

# A delivery says who sent it by a secret alone: whoever knows its hash may learn whose it is.
_HOOK_OF = """
create function tiebeam.webhook_of(hash bytea) returns setof tiebeam.webhook
language sql stable strict security definer set search_path = pg_catalog, pg_temp
as $$ select w.* from tiebeam.webhook w where w.secret_hash = webhook_of.hash $$
"""
# A worker serves every tenant: it may learn for which connections something waits, and nothing of what.
_WAITING = """
create function tiebeam.webhooks_waiting(moment timestamptz)
returns table (tenant_id uuid, connection_id uuid)
language sql stable strict security definer set search_path = pg_catalog, pg_temp
as $$ select distinct p.tenant_id, p.connection_id from tiebeam.webhook_pending p where p.next_at <= moment $$
"""
_FUNCTIONS = ("tiebeam.webhook_of(bytea)", "tiebeam.webhooks_waiting(timestamptz)")


def upgrade() -> None:
    """Create the tables behind the wall, and the two ways past it."""
    for statement in (_HOOK, _HOOK_IN_USE, _DELIVERY, _DELIVERY_AT, _PENDING, _PENDING_NEXT):
        op.execute(statement)
    wall("tiebeam.webhook")
    wall("tiebeam.webhook_delivery", grants="select, insert, delete")
    wall("tiebeam.webhook_pending")
    for table in ("webhook", "webhook_pending"):
        op.execute(f"create policy lookup on tiebeam.{table} for select to current_user using (true)")
    op.execute(_HOOK_OF)
    op.execute(_WAITING)
    for function in _FUNCTIONS:
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant execute on function {function} to tiebeam_app")


def downgrade() -> None:
    """Drop them; polling goes on alone."""
    for function in _FUNCTIONS:
        op.execute(f"drop function {function}")
    for table in ("webhook_pending", "webhook_delivery", "webhook"):
        op.execute(f"drop table tiebeam.{table}")
