"""The queue: jobs and what became of them, who works on them, and the schedules that fill it."""

from __future__ import annotations

from alembic import op

from tiebeam.store.connections import APPLICATION_ROLE
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

_DEFINER = """security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set lock_timeout = '5s'"""

_LOCK = """
create function tiebeam.queue_lock() returns void language sql set search_path = pg_catalog, pg_temp
as $$ select pg_advisory_xact_lock(hashtextextended('tiebeam.queue', 0)) $$
"""

# Rows that somebody else has locked (an enqueue in a long transaction) are left for the next look: to wait
# for them would stop the whole queue.
_LINE_UP = """
create function tiebeam.queue_line_up(tenants uuid[], serials text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    update tiebeam.job set state = 'lined' where id = any(array(
        select head.id from (select distinct * from unnest(tenants, serials) as u (tenant, serial)) l
        join tiebeam.job head
            on head.tenant_id = l.tenant and head.serial_key = l.serial and head.state = 'ready'
        where exists (
            select from tiebeam.job a
            where a.tenant_id = l.tenant and a.serial_key = l.serial and a.state = 'arrived'
                and a.priority > head.priority
        )
        for update of head skip locked
    ));
    update tiebeam.job set state = 'ready' where id = any(array(
        select best.id from (select distinct * from unnest(tenants, serials) as u (tenant, serial)) l
        cross join lateral (
            select j.id from tiebeam.job j
            where j.tenant_id = l.tenant and j.serial_key = l.serial
                and j.state in ('ready', 'arrived', 'lined')
            order by j.priority desc, j.id
            limit 1
            for update skip locked
        ) best
        where not exists (
            select from tiebeam.job head
            where head.tenant_id = l.tenant and head.serial_key = l.serial
                and head.state in ('ready', 'processing')
        )
    ));
end
$$
"""

# Called with the queue's lock held, for jobs whose rows are locked.
_APPLY = """
create function tiebeam.queue_apply(
    at timestamptz, ids bigint[], verdicts text[], untils timestamptz[], whys text[]
) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    gone integer;
    tenants uuid[];
    serials text[];
begin
    select array_agg(j.tenant_id), array_agg(j.serial_key) into tenants, serials
    from tiebeam.job j where j.id = any(ids) and j.serial_key is not null;

    with said as (
        select * from unnest(ids, verdicts, whys) as u (id, verdict, why)
        where u.verdict in ('completed', 'failed', 'cancelled')
    ), ended as (
        insert into tiebeam.job_history (
            job_id, tenant_id, kind, key, state, priority, attempts, errors, enqueued_at, started_at, ended_at
        )
        select j.id, j.tenant_id, j.kind, j.key, s.verdict, j.priority, j.attempt,
            case when s.why is null then j.errors else j.errors || jsonb_build_object(
                'at', at, 'attempt', j.attempt, 'why', s.why) end,
            j.enqueued_at, j.started_at, at
        from said s join tiebeam.job j on j.id = s.id
    )
    delete from tiebeam.job
    where id = any(array(select s.id from said s)) and rerun_at is null;
    get diagnostics gone = row_count;

    if gone < cardinality(ids) then
        update tiebeam.job j set
            state = case
                when j.rerun_at is null and s.verdict = 'blocked' then 'blocked'
                when s.verdict in ('retry', 'snooze') then 'deferred'
                when j.rerun_at > at then 'deferred'
                when j.serial_key is null then 'ready'
                else 'arrived'
            end,
            not_before = case when s.verdict in ('retry', 'snooze') then s.until
                else coalesce(j.rerun_at, j.not_before) end,
            held = s.verdict in ('retry', 'snooze'),
            attempt = case s.verdict when 'retry' then j.attempt when 'blocked' then j.attempt
                when 'snooze' then j.attempt - 1 else 0 end,
            errors = case
                when s.verdict in ('completed', 'failed', 'cancelled') then '[]'
                when s.why is null or s.verdict = 'snooze' then j.errors
                else (case when jsonb_array_length(j.errors) >= 10 then j.errors - 0 else j.errors end)
                    || jsonb_build_object('at', at, 'attempt', j.attempt, 'why', s.why)
            end,
            enqueued_at = case when s.verdict in ('retry', 'snooze') or j.rerun_at is null then j.enqueued_at
                else at end,
            rerun_at = null, worker_id = null, cancelling = false
        from unnest(ids, verdicts, untils, whys) as s (id, verdict, until, why)
        where j.id = any(ids) and s.id = j.id and j.state = 'processing';
    end if;

    if tenants is not null then
        perform tiebeam.queue_line_up(tenants, serials);
    end if;
end
$$
"""
_SETTLE = """
create function tiebeam.queue_settle(
    worker bigint, at timestamptz, ids bigint[], wished timestamptz[], verdicts text[], untils timestamptz[],
    whys text[]
) returns setof bigint
language plpgsql strict @definer as $$
declare
    mine bigint[];
begin
    perform tiebeam.queue_lock();
    mine := array(
        select j.id from unnest(ids, wished) as u (id, enqueued_at)
        join tiebeam.job j on j.id = u.id and j.enqueued_at = u.enqueued_at
        where j.state = 'processing' and j.worker_id = worker
        for update of j skip locked
    );
    if cardinality(mine) = cardinality(ids) then
        perform tiebeam.queue_apply(at, ids, verdicts, untils, whys);
        return;
    end if;
    perform tiebeam.queue_apply(
        at, array_agg(u.id), array_agg(u.verdict), array_agg(u.until), array_agg(u.why)
    )
    from unnest(ids, verdicts, untils, whys) as u (id, verdict, until, why)
    where u.id = any(mine)
    having count(*) > 0;
    return query select j.id from unnest(ids, wished) as u (id, enqueued_at)
        join tiebeam.job j on j.id = u.id and j.enqueued_at = u.enqueued_at
        where not j.id = any(mine) and j.state = 'processing' and j.worker_id = worker;
end
$$
"""

# Each turn of the loop fills what is free from the highest priority there is: first an equal part for each
# tenant of what would then be running, the least recently served first, then whatever is left.
_CLAIM = """
create function tiebeam.queue_claim(
    worker bigint, at timestamptz, capacity integer, tenant_max integer, kinds text[]
) returns table (
    id bigint, tenant_id uuid, kind text, key text, args jsonb, attempt integer, enqueued_at timestamptz
)
language plpgsql strict @definer rows 100 as $$
#variable_conflict use_column
declare
    level smallint := 9;
    remaining integer := capacity;
    got integer;
    turn bigint;
    arrived bigint[];
    tenants uuid[];
    serials text[];
begin
    perform tiebeam.queue_lock();
    if not exists (select from tiebeam.queue_worker w where w.id = worker) then
        return;
    end if;
    update tiebeam.job set state = case when serial_key is null then 'ready' else 'arrived' end
    where id = any(array(
        select j.id from tiebeam.job j where j.state = 'deferred' and j.not_before <= at
        order by j.not_before limit 1000 for update skip locked
    ));
    select array_agg(a.id), array_agg(a.tenant_id), array_agg(a.serial_key) into arrived, tenants, serials
    from (
        select j.id, j.tenant_id, j.serial_key from tiebeam.job j where j.state = 'arrived'
        order by j.id limit 1000 for update skip locked
    ) a;
    if arrived is not null then
        perform tiebeam.queue_line_up(tenants, serials);
        update tiebeam.job set state = 'lined' where id = any(arrived) and state = 'arrived';
    end if;
    turn := nextval('tiebeam.queue_turns') * 10000;
    while remaining > 0 loop
        select j.priority into level from tiebeam.job j
        where j.state = 'ready' and j.priority <= level order by j.priority desc limit 1;
        exit when level is null;
        return query
        with recursive tenant as (
            (
                select j.tenant_id from tiebeam.job j where j.state = 'ready' and j.priority = level
                order by j.tenant_id limit 1
            )
            union all
            select (
                select j.tenant_id from tiebeam.job j
                where j.state = 'ready' and j.priority = level and j.tenant_id > t.tenant_id
                order by j.tenant_id limit 1
            )
            from tenant t where t.tenant_id is not null
        ), standing as (
            select t.tenant_id, r.jobs, coalesce(s.served, 0) as served
            from tenant t
            cross join lateral (
                select count(*)::integer as jobs from tiebeam.job j
                where j.state = 'processing' and j.tenant_id = t.tenant_id
            ) r
            left join tiebeam.queue_turn s on s.tenant_id = t.tenant_id
            where t.tenant_id is not null and r.jobs < tenant_max
        ), share as (
            select s.*, least(
                remaining, tenant_max - s.jobs,
                greatest(
                    1, ceil((remaining + sum(s.jobs) over ())::numeric / count(*) over ())::integer - s.jobs
                )
            ) as most
            from standing s
        ), waiting as (
            select w.id, s.tenant_id, s.served,
                s.jobs + row_number() over (partition by s.tenant_id order by w.id) as place
            from share s
            cross join lateral (
                select j.id from tiebeam.job j
                where j.state = 'ready' and j.priority = level and j.tenant_id = s.tenant_id
                    and j.kind = any(kinds)
                order by j.id
                limit s.most
                for update skip locked
            ) w
        ), chosen as materialized (
            select w.id, w.tenant_id, row_number() over (order by w.place, w.served, w.id) as seat
            from waiting w
            order by w.place, w.served, w.id
            limit remaining
        ), served as (
            insert into tiebeam.queue_turn (tenant_id, served)
            select c.tenant_id, turn + max(c.seat) from chosen c group by c.tenant_id
            on conflict (tenant_id) do update set served = excluded.served
        ), claimed as (
            update tiebeam.job set state = 'processing', attempt = attempt + 1, held = false,
                worker_id = worker, started_at = at
            where id = any(array(select c.id from chosen c))
            returning id, tenant_id, kind, key, args, attempt, enqueued_at
        )
        select claimed.* from chosen join claimed on claimed.id = chosen.id order by chosen.seat;
        get diagnostics got = row_count;
        remaining := remaining - got;
        turn := turn + got;
        if got = 0 then
            level := level - 1;
        end if;
    end loop;
end
$$
"""
_JOIN = """
create function tiebeam.queue_join(name text, at timestamptz) returns bigint
language sql strict security definer set search_path = pg_catalog, pg_temp
as $$
    insert into tiebeam.queue_worker (name, joined_at) values (queue_join.name, queue_join.at) returning id
$$
"""
# The answer to a claim may be lost with its connection, or the claim still be on its way: under a new number
# a worker has what it knows of, and nothing can come under the old one any more.
_REJOIN = """
create function tiebeam.queue_rejoin(former bigint, name text, at timestamptz, held bigint[]) returns bigint
language plpgsql strict @definer as $$
declare
    present bigint;
begin
    perform tiebeam.queue_lock();
    delete from tiebeam.queue_worker w where w.id = former;
    if not found then
        return null;
    end if;
    insert into tiebeam.queue_worker (name, joined_at) values (queue_rejoin.name, at)
    returning id into present;
    update tiebeam.job j set worker_id = present
    where j.id = any(queue_rejoin.held) and j.worker_id = former and j.state = 'processing';
    return present;
end
$$
"""
_LEAVE = """
create function tiebeam.queue_leave(worker bigint) returns void
language sql strict security definer set search_path = pg_catalog, pg_temp
as $$ delete from tiebeam.queue_worker w where w.id = queue_leave.worker $$
"""
_BEAT = """
create function tiebeam.queue_beat(worker bigint) returns bigint[]
language plpgsql strict @definer as $$
begin
    update tiebeam.queue_worker w set beats = w.beats + 1 where w.id = worker;
    if not found then
        return null;
    end if;
    return array(
        select j.id from tiebeam.job j
        where j.state = 'processing' and j.worker_id = worker and j.cancelling
    );
end
$$
"""
_WORKERS = """
create function tiebeam.queue_workers() returns table (id bigint, name text, beats bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select w.id, w.name, w.beats from tiebeam.queue_worker w order by w.id $$
"""
_RESCUE = """
create function tiebeam.queue_rescue(
    dead bigint[], counts bigint[], at timestamptz, attempts_max integer, why text
) returns integer
language plpgsql strict @definer as $$
#variable_conflict use_column
declare
    found_ids bigint[];
    verdicts text[];
begin
    perform tiebeam.queue_lock();
    delete from tiebeam.queue_worker w using unnest(dead, counts) as d (id, beats)
    where w.id = d.id and w.beats = d.beats;
    select array_agg(o.id), array_agg(o.verdict) into found_ids, verdicts from (
        select j.id, case when j.cancelling then 'cancelled'
            when j.attempt >= attempts_max then 'failed' else 'retry' end as verdict
        from tiebeam.job j
        where j.state = 'processing'
            and not exists (select from tiebeam.queue_worker w where w.id = j.worker_id)
        limit 1000
        for update skip locked
    ) o;
    if found_ids is null then
        return 0;
    end if;
    perform tiebeam.queue_apply(
        at, found_ids, verdicts, array_fill(at, array[cardinality(found_ids)]),
        array_fill(why, array[cardinality(found_ids)])
    );
    perform pg_notify('tiebeam_queue', '');
    return cardinality(found_ids);
end
$$
"""
_PRUNE = """
create function tiebeam.queue_prune(before timestamptz, most integer) returns integer
language plpgsql strict security definer
set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
    gone integer;
begin
    delete from tiebeam.job_history where ctid = any(array(
        select h.ctid from tiebeam.job_history h where h.ended_at < before limit most
    ));
    get diagnostics gone = row_count;
    return gone;
end
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
        _LOCK,
        _LINE_UP,
        _APPLY,
        _SETTLE,
        _CLAIM,
        _JOIN,
        _REJOIN,
        _LEAVE,
        _BEAT,
        _WORKERS,
        _RESCUE,
        _PRUNE,
        _TOTALS,
    ),
    *(_STANDING, _SCHEDULE_SET, _SCHEDULE_PRUNE),
)


def upgrade() -> None:
    """Create the tables, each tenant's behind the wall, and the ways of those who serve every tenant."""
    for statement in (*_TABLES, _TICK, _JOBS, _COUNTS, *_FUNCTIONS):
        op.execute(statement.replace("@definer", _DEFINER))
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
