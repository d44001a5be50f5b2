"""How jobs are lined up, claimed, settled and rescued: functions of the database, for all tenants at once."""

from __future__ import annotations

DEFINER = """security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set lock_timeout = '5s'"""

LOCK = """
create function tiebeam.queue_lock() returns void language sql set search_path = pg_catalog, pg_temp
as $$ select pg_advisory_xact_lock(hashtextextended('tiebeam.queue', 0)) $$
"""

# Rows that somebody else has locked (an enqueue in a long transaction) are left for the next look: to wait
# for them would stop the whole queue.
LINE_UP = """
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
APPLY = """
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
SETTLE = """
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
        select j.id from tiebeam.job j
        where j.id = any(ids) and j.state = 'processing' and j.worker_id = worker
            and j.enqueued_at = wished[array_position(ids, j.id)]
        for update skip locked
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
CLAIM = """
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
        ), seats as materialized (
            select array_agg(c.id order by c.seat) as ids from chosen c
        ), served as (
            insert into tiebeam.queue_turn (tenant_id, served)
            select c.tenant_id, turn + max(c.seat) from chosen c group by c.tenant_id
            on conflict (tenant_id) do update set served = excluded.served
        ), claimed as (
            update tiebeam.job set state = 'processing', attempt = attempt + 1, held = false,
                worker_id = worker, started_at = at
            where id = any((select s.ids from seats s)::bigint[])
            returning id, tenant_id, kind, key, args, attempt, enqueued_at
        )
        select c.* from claimed c order by array_position((select s.ids from seats s), c.id);
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
JOIN = """
create function tiebeam.queue_join(name text, at timestamptz) returns bigint
language sql strict security definer set search_path = pg_catalog, pg_temp
as $$
    insert into tiebeam.queue_worker (name, joined_at) values (queue_join.name, queue_join.at) returning id
$$
"""
# The answer to a claim may be lost with its connection, or the claim still be on its way: under a new number
# a worker has what it knows of, and nothing can come under the old one any more.
REJOIN = """
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
LEAVE = """
create function tiebeam.queue_leave(worker bigint) returns void
language sql strict security definer set search_path = pg_catalog, pg_temp
as $$ delete from tiebeam.queue_worker w where w.id = queue_leave.worker $$
"""
BEAT = """
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
WORKERS = """
create function tiebeam.queue_workers() returns table (id bigint, name text, beats bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select w.id, w.name, w.beats from tiebeam.queue_worker w order by w.id $$
"""
RESCUE = """
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
PRUNE = """
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
