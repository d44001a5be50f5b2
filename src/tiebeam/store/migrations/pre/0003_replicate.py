"""The replica: feeds, pulls and their checkpoints, records, their history, what is owed and what is held."""

from __future__ import annotations

from alembic import op

from tiebeam.store.migrations.wall import wall

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FEED = """
create table tiebeam.feed (
    id bigint generated always as identity primary key,
    tenant_id uuid not null references tiebeam.tenant (id),
    connection_id uuid not null,
    stream text not null,
    scope text not null,
    access text not null default 'open' check (access in ('open', 'off', 'hidden', 'gone')),
    access_reason text,
    access_refusals integer not null default 0,
    access_next_at timestamptz,
    watermark timestamptz,
    completed_at timestamptz,
    swept_at timestamptz,
    read_at timestamptz,
    per_page integer,
    last_error text,
    unique (connection_id, stream, scope)
)
"""
_PULL = """
create table tiebeam.pull (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    feed_id bigint not null references tiebeam.feed (id) on delete cascade,
    mode text not null check (mode in ('initial', 'incremental', 'window', 'sweep')),
    status text not null default 'running' check (status in ('running', 'done', 'unsettled', 'refused')),
    segments jsonb not null,
    segment integer not null default 0,
    next_page integer not null default 1,
    per_page integer,
    updated_from timestamptz,
    updated_to timestamptz,
    started_at timestamptz not null,
    server_started_at timestamptz,
    ended_at timestamptz,
    total integer,
    steps_back integer not null default 0,
    settled boolean not null default true,
    all_details boolean not null default false
)
"""
_PULL_RUNNING = "create unique index pull_running on tiebeam.pull (feed_id) where status = 'running'"
_PULL_PAGE = """
create table tiebeam.pull_page (
    tenant_id uuid not null,
    pull_id bigint not null references tiebeam.pull (id) on delete cascade,
    segment integer not null,
    page integer not null,
    total integer,
    keys text[] not null,
    gone text[] not null,
    primary key (pull_id, segment, page)
)
"""
_RECORD = """
create table tiebeam.record (
    tenant_id uuid not null,
    feed_id bigint not null,
    key text not null,
    version integer not null default 1,
    state smallint not null default 1 check (state in (1, 2, 3)),
    hash bytea not null,
    list_hash bytea,
    vendor_at timestamptz,
    day date,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    missed_at timestamptz,
    state_reason text,
    payload jsonb not null,
    primary key (feed_id, key)
)
"""
_RECORD_MISSED = "create index record_missed on tiebeam.record (feed_id) where missed_at is not null"
_RECORD_DAY = "create index record_day on tiebeam.record (feed_id, day) where day is not null"
_VERSION = """
create table tiebeam.record_version (
    tenant_id uuid not null,
    feed_id bigint not null,
    key text not null,
    version integer not null,
    state smallint not null,
    hash bytea not null,
    vendor_at timestamptz,
    valid_from timestamptz not null,
    valid_to timestamptz not null,
    state_reason text,
    payload jsonb not null,
    primary key (feed_id, key, version)
)
"""
_APPEND_ONLY = """
create function tiebeam.refuse_rewriting_history() returns trigger language plpgsql as $$
begin
    raise exception 'history is append-only: % on % is refused', tg_op, tg_table_name;
end
$$
"""
_VERSION_TRIGGER = """
create trigger append_only before update or delete or truncate on tiebeam.record_version
for each statement execute function tiebeam.refuse_rewriting_history()
"""
_DEBT = """
create table tiebeam.debt (
    tenant_id uuid not null,
    feed_id bigint not null references tiebeam.feed (id) on delete cascade,
    key text not null,
    list_hash bytea not null,
    vendor_at timestamptz,
    payload jsonb not null,
    attempts integer not null default 0,
    next_at timestamptz not null,
    last_error text,
    primary key (feed_id, key)
)
"""
_DAMAGE = """
create table tiebeam.damage (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    feed_id bigint not null references tiebeam.feed (id) on delete cascade,
    key text,
    reason text not null,
    raw_hash bytea not null,
    raw bytea not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    unique (feed_id, raw_hash)
)
"""
_HOLD = """
create table tiebeam.hold (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    feed_id bigint not null references tiebeam.feed (id) on delete cascade,
    status text not null default 'waiting' check (status in ('waiting', 'approved', 'refused', 'superseded')),
    keys text[] not null,
    live integer not null,
    evidence text not null,
    found_at timestamptz not null,
    decided_at timestamptz,
    decided_by text
)
"""
_HOLD_WAITING = "create unique index hold_waiting on tiebeam.hold (feed_id) where status = 'waiting'"
_RUN = """
create table tiebeam.sync_run (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    connection_id uuid not null,
    wish text not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    tally jsonb
)
"""
_RUN_OPEN = (
    "create unique index sync_run_open on tiebeam.sync_run (connection_id, wish) where ended_at is null"
)
_LOG = """
create table tiebeam.sync_log (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    at timestamptz not null,
    feed_id bigint not null,
    pull_id bigint,
    direction text not null default 'vendor_to_local',
    result text not null,
    keys text[] not null default '{}',
    hashes bytea[] not null default '{}',
    calls integer not null default 0,
    detail text
)
"""
_LOG_AT = "create index sync_log_at on tiebeam.sync_log (tenant_id, at)"
_LOG_FEED = "create index sync_log_feed on tiebeam.sync_log (feed_id, at)"
_LOG_ENTRY = """
create view tiebeam.sync_log_entry with (security_invoker = true) as
select l.id, l.tenant_id, l.at, f.connection_id, f.stream, f.scope, l.pull_id, l.direction, l.result,
    e.key, encode(e.hash, 'hex') as hash, l.detail
from tiebeam.sync_log l
join tiebeam.feed f on f.id = l.feed_id
left join lateral unnest(l.keys, l.hashes) as e (key, hash) on true
"""


def upgrade() -> None:
    """Create the tables of replication, each behind the wall."""
    for statement in (_FEED, _PULL, _PULL_RUNNING, _PULL_PAGE, _RECORD, _RECORD_MISSED, _RECORD_DAY):
        op.execute(statement)
    for statement in (_VERSION, _APPEND_ONLY, _VERSION_TRIGGER, _DEBT, _DAMAGE, _HOLD, _HOLD_WAITING):
        op.execute(statement)
    for statement in (_RUN, _RUN_OPEN, _LOG, _LOG_AT, _LOG_FEED, _LOG_ENTRY):
        op.execute(statement)
    for table in ("feed", "pull", "pull_page", "debt", "damage", "hold", "sync_run"):
        wall(f"tiebeam.{table}")
    wall("tiebeam.record", grants="select, insert, update")
    wall("tiebeam.record_version", grants="select, insert")
    wall("tiebeam.sync_log", grants="select, insert, delete")
    op.execute("grant select on tiebeam.sync_log_entry to tiebeam_app")
    op.execute("alter table tiebeam.record set (fillfactor = 90)")


def downgrade() -> None:
    """Drop them again; the records can be read anew, their history cannot."""
    op.execute("drop view tiebeam.sync_log_entry")
    for table in (
        "sync_log",
        "sync_run",
        "hold",
        "damage",
        "debt",
        "record_version",
        "record",
        "pull_page",
        "pull",
    ):
        op.execute(f"drop table tiebeam.{table}")
    op.execute("drop table tiebeam.feed")
    op.execute("drop function tiebeam.refuse_rewriting_history()")
