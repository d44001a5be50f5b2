"""The queue: jobs and what became of them, who works on them, and the schedules that fill it."""

from __future__ import annotations

from alembic import op

from tiebeam.store.connections import APPLICATION_ROLE
from tiebeam.store.migrations.queue_work import (
    APPLY,
    BEAT,
    CLAIM,
    DEFINER,
    JOIN,
    LEAVE,
    LINE_UP,
    LOCK,
    PRUNE,
    REJOIN,
    RESCUE,
    SETTLE,
    WORKERS,
)
from tiebeam.store.migrations.wall import wall

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Of the states, `ready`, `arrived`, `lined` and `deferred` are all called pending outside: ready to be taken,
# not yet looked at by its line, behind another job of its line, not yet due. Only the one who holds the
# queue's lock puts a job of a line to `ready`, so that a line has one head at most.
_JOB = """
create table tiebeam.job (
    id bigint generated always as identity primary key,
    tenant_id uuid not null,
    kind text not null,
    key text not null,
    serial_key text,
    priority smallint not null check (priority between -9 and 9),
    state text not null check (state in ('ready', 'arrived', 'lined', 'deferred', 'processing', 'blocked')),
    args jsonb not null,
    not_before timestamptz not null,
    held boolean not null default false,
    rerun_at timestamptz,
    cancelling boolean not null default false,
    attempt integer not null default 0,
    errors jsonb not null default '[]',
    enqueued_at timestamptz not null,
    started_at timestamptz,
    worker_id bigint,
    unique (tenant_id, kind, key)
) with (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
)
"""
_JOB_INDEXES = (
    "create index job_ready on tiebeam.job (priority desc, tenant_id, id) where state = 'ready'",
    "create index job_due on tiebeam.job (not_before) where state = 'deferred'",
    "create index job_arrived on tiebeam.job (id) where state = 'arrived'",
    "create index job_running on tiebeam.job (tenant_id, worker_id) where state = 'processing'",
    """create index job_line on tiebeam.job (tenant_id, serial_key, priority desc, id)
    where serial_key is not null and state in ('ready', 'arrived', 'lined')""",
    """create unique index job_head on tiebeam.job (tenant_id, serial_key)
    where serial_key is not null and state in ('ready', 'processing')""",
)
_HISTORY = """
create table tiebeam.job_history (
    id bigint generated always as identity,
    job_id bigint not null,
    tenant_id uuid not null,
    kind text not null,
    key text not null,
    state text not null check (state in ('completed', 'failed', 'cancelled')),
    priority smallint not null,
    attempts integer not null,
    errors jsonb not null,
    enqueued_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz not null
)
"""
_HISTORY_INDEXES = (
    "create index job_history_recent on tiebeam.job_history (tenant_id, ended_at, id)",
    "create index job_history_age on tiebeam.job_history using brin (ended_at) with (pages_per_range = 32)",
)
_WORKER = """
create table tiebeam.queue_worker (
    id bigint generated always as identity primary key,
    name text not null,
    beats bigint not null default 0,
    joined_at timestamptz not null
) with (fillfactor = 50)
"""
_TURN = """
create table tiebeam.queue_turn (tenant_id uuid primary key, served bigint not null) with (fillfactor = 50)
"""
_TURNS = "create sequence tiebeam.queue_turns"

_JOBS = """
create view tiebeam.queue_job with (security_invoker = true) as
select tenant_id, id as job_id, kind, key,
    case when state in ('processing', 'blocked') then state else 'pending' end as state,
    priority, attempt as attempts, errors, errors -> -1 ->> 'why' as error,
    enqueued_at, started_at, not_before, null::timestamptz as ended_at
from tiebeam.job
union all
select tenant_id, job_id, kind, key, state, priority, attempts, errors,
    case when state <> 'completed' then errors -> -1 ->> 'why' end,
    enqueued_at, started_at, null, ended_at
from tiebeam.job_history
"""
_COUNTS = """
create view tiebeam.queue_count with (security_invoker = true) as
select tenant_id, kind, state, count(*) as jobs, min(enqueued_at) as oldest_at
from tiebeam.queue_job
group by tenant_id, kind, state
"""
_TOTALS = """
create function tiebeam.queue_totals()
returns table (kind text, state text, jobs bigint, oldest_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select j.kind, j.state, count(*), min(j.enqueued_at) from tiebeam.queue_job j group by j.kind, j.state
$$
"""

_SCHEDULE = """
create table tiebeam.schedule (
    name text primary key,
    every_seconds integer check (every_seconds > 0),
    enabled boolean not null default true
)
"""
_TENANT_SCHEDULE = """
create table tiebeam.tenant_schedule (
    tenant_id uuid not null references tiebeam.tenant (id),
    name text not null,
    every_seconds integer check (every_seconds > 0),
    enabled boolean not null default true,
    primary key (tenant_id, name)
)
"""
_TICK = """
create table tiebeam.tick (
    tenant_id uuid not null references tiebeam.tenant (id),
    schedule text not null,
    tick_at timestamptz not null,
    acted_at timestamptz not null,
    queued integer,
    error text,
    primary key (tenant_id, schedule, tick_at)
)
"""
_STANDING = """
create function tiebeam.schedule_standing(names text[]) returns table (
    tenant_id uuid, name text, every_seconds integer, enabled boolean, last_tick_at timestamptz
)
language sql stable strict security definer set search_path = pg_catalog, pg_temp
as $$
    select t.id, n.name, coalesce(o.every_seconds, s.every_seconds),
        coalesce(s.enabled, true) and coalesce(o.enabled, true), last.tick_at
    from tiebeam.tenant t
    cross join unnest(names) as n (name)
    left join tiebeam.schedule s on s.name = n.name
    left join tiebeam.tenant_schedule o on o.tenant_id = t.id and o.name = n.name
    left join lateral (
        select k.tick_at from tiebeam.tick k where k.tenant_id = t.id and k.schedule = n.name
        order by k.tick_at desc limit 1
    ) last on true
    order by t.id, n.name
$$
"""
_SCHEDULE_SET = """
create function tiebeam.schedule_set(name text, every_seconds integer, enabled boolean) returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$
    insert into tiebeam.schedule (name, every_seconds, enabled)
    values (schedule_set.name, schedule_set.every_seconds, schedule_set.enabled)
    on conflict (name) do update set every_seconds = excluded.every_seconds, enabled = excluded.enabled
$$
"""
_SCHEDULE_PRUNE = """
create function tiebeam.schedule_prune(before timestamptz) returns void
language sql strict security definer set search_path = pg_catalog, pg_temp
as $$
    delete from tiebeam.tick k using tiebeam.tick later
    where k.tick_at < before and later.tenant_id = k.tenant_id and later.schedule = k.schedule
        and later.tick_at > k.tick_at
$$
"""

_INNER = (
    "queue_line_up(uuid[], text[])",
    "queue_apply(timestamptz, bigint[], text[], timestamptz[], text[])",
)
_GRANTED = (
    "queue_lock()",
    "queue_totals()",
    "queue_settle(bigint, timestamptz, bigint[], timestamptz[], text[], timestamptz[], text[])",
    "queue_claim(bigint, timestamptz, integer, integer, text[])",
    "queue_join(text, timestamptz)",
    "queue_rejoin(bigint, text, timestamptz, bigint[])",
    "queue_leave(bigint)",
    "queue_beat(bigint)",
    "queue_workers()",
    "queue_rescue(bigint[], bigint[], timestamptz, integer, text)",
    "queue_prune(timestamptz, integer)",
    "schedule_standing(text[])",
    "schedule_set(text, integer, boolean)",
    "schedule_prune(timestamptz)",
)
_WALLED = {
    "job": "select, insert, update, delete",
    "job_history": "select, insert",
    "queue_turn": "select",
    "tenant_schedule": "select, insert, update, delete",
    "tick": "select, insert, update",
}
_OF_NOBODY = ("queue_worker", "schedule")


_TABLES = (
    _JOB,
    *_JOB_INDEXES,
    _HISTORY,
    *_HISTORY_INDEXES,
    _WORKER,
    _TURN,
    _TURNS,
    _SCHEDULE,
    _TENANT_SCHEDULE,
)
_VIEWS = ("queue_job", "queue_count")
_FUNCTIONS = (
    *(
        LOCK,
        LINE_UP,
        APPLY,
        SETTLE,
        CLAIM,
        JOIN,
        REJOIN,
        LEAVE,
        BEAT,
        WORKERS,
        RESCUE,
        PRUNE,
        _TOTALS,
    ),
    *(_STANDING, _SCHEDULE_SET, _SCHEDULE_PRUNE),
)


def upgrade() -> None:
    """Create the tables, each tenant's behind the wall, and the ways of those who serve every tenant."""
    for statement in (*_TABLES, _TICK, _JOBS, _COUNTS, *_FUNCTIONS):
        op.execute(statement.replace("@definer", DEFINER))
    for table, grants in _WALLED.items():
        wall(f"tiebeam.{table}", grants=grants)
    for table in _OF_NOBODY:
        op.execute(f"alter table tiebeam.{table} enable row level security")
        op.execute(f"alter table tiebeam.{table} force row level security")
    # The functions run with the owner's rights, and so behind the owner's policy.
    for table in (*_WALLED, *_OF_NOBODY):
        op.execute(f"create policy servants on tiebeam.{table} to current_user using (true)")
    for function in (*_INNER, *_GRANTED):
        op.execute(f"revoke all on function tiebeam.{function} from public")
    for view in _VIEWS:
        op.execute(f"grant select on tiebeam.{view} to {APPLICATION_ROLE}")
    for function in _GRANTED:
        op.execute(f"grant execute on function tiebeam.{function} to {APPLICATION_ROLE}")


def downgrade() -> None:
    """Drop them; what was waiting is lost, and the schedules' next ticks queue it again."""
    for function in reversed((*_INNER, *_GRANTED)):
        op.execute(f"drop function tiebeam.{function}")
    for view in reversed(_VIEWS):
        op.execute(f"drop view tiebeam.{view}")
    for table in (*_WALLED, *_OF_NOBODY):
        op.execute(f"drop table tiebeam.{table}")
    op.execute("drop sequence tiebeam.queue_turns")
