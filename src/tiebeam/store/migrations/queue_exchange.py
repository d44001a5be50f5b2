"""A worker's whole turn in one function: what has ended is told, what is free is filled."""

from __future__ import annotations

# Nearly all that is told is that a job is done, and nothing more: `mine` is locked once, put into the history
# as it was locked, and deleted. What is left of it (marked to run again, changed just now, somebody else's)
# goes the long way with everything that needs a reason or a time.
#
# `is not distinct from` keeps the planner from going by the index of running jobs, which is full of those
# that have just ended: an entry of a commit that is not on the disk yet cannot be marked as dead, and is
# looked at in every walk. For the same reason a tenant's running jobs are counted in its row and not looked
# for, and the walk to a tenant's first job that is ready is made once: `first_id` is where the taking
# begins. What was hastened to before that place meanwhile waits for the next turn, which its notice brings.
EXCHANGE = """
create function tiebeam.queue_exchange(
    worker bigint, at timestamptz, done bigint[], done_wished timestamptz[],
    ids bigint[], wished timestamptz[], verdicts text[], untils timestamptz[], whys text[],
    capacity integer, tenant_max integer, kinds text[]
) returns table (
    id bigint, tenant_id uuid, kind text, key text, args jsonb, attempt integer, enqueued_at timestamptz
)
language plpgsql strict @definer rows 100 as $$
#variable_conflict use_column
declare
    level smallint;
    remaining integer := capacity;
    got integer;
    turn bigint;
    told bigint[];
    tenants uuid[];
    serials text[];
    first_tenant uuid;
    first_id bigint;
    ceiling smallint := 9;
begin
    perform pg_advisory_xact_lock(hashtextextended('tiebeam.queue', 0));
    if cardinality(done) > 0 then
        with mine as materialized (
            select j.id, j.tenant_id, j.kind, j.key, j.serial_key, j.priority, j.attempt, j.errors,
                j.enqueued_at, j.started_at
            from tiebeam.job j
            where j.id = any(done) and (j.state, j.worker_id) is not distinct from ('processing', worker)
                and j.rerun_at is null and j.enqueued_at = done_wished[array_position(done, j.id)]
            for update skip locked
        ), gone as (
            delete from tiebeam.job where id = any(array(select m.id from mine m))
        ), ended as (
            insert into tiebeam.job_history (
                job_id, tenant_id, kind, key, state, priority, attempts, errors, enqueued_at,
                started_at, ended_at
            )
            select m.id, m.tenant_id, m.kind, m.key, 'completed', m.priority, m.attempt, m.errors,
                m.enqueued_at, m.started_at, at
            from mine m
        ), laid_down as (
            update tiebeam.queue_turn t set running = greatest(0, t.running - m.jobs)
            from (select m.tenant_id, count(*)::integer as jobs from mine m group by m.tenant_id) m
            where t.tenant_id = m.tenant_id
        )
        select array_agg(m.id), array_agg(m.tenant_id) filter (where m.serial_key is not null),
            array_agg(m.serial_key) filter (where m.serial_key is not null)
        into told, tenants, serials from mine m;
        if tenants is not null then
            perform tiebeam.queue_line_up(tenants, serials);
        end if;
        if coalesce(cardinality(told), 0) < cardinality(done) then
            select ids || array_agg(u.id), wished || array_agg(u.enqueued_at),
                verdicts || array_agg('completed'::text), untils || array_agg(null::timestamptz),
                whys || array_agg(null::text)
            into ids, wished, verdicts, untils, whys
            from unnest(done, done_wished) as u (id, enqueued_at)
            where told is null or not u.id = any(told);
        end if;
    end if;
    if cardinality(ids) > 0 then
        update tiebeam.queue_turn t set running = greatest(0, t.running - m.jobs)
        from (
            select j.tenant_id, count(*)::integer as jobs from tiebeam.job j
            where j.id = any(ids) and (j.state, j.worker_id) is not distinct from ('processing', worker)
            group by j.tenant_id
        ) m
        where t.tenant_id = m.tenant_id;
        return query select s.id, null::uuid, null::text, null::text, null::jsonb, null::integer,
            null::timestamptz
        from tiebeam.queue_settle(worker, at, ids, wished, verdicts, untils, whys) as s (id);
    end if;
    if remaining <= 0 or not exists (select from tiebeam.queue_worker w where w.id = worker) then
        return;
    end if;
    update tiebeam.job set state = case when serial_key is null then 'ready' else 'arrived' end
    where id = any(array(
        select j.id from tiebeam.job j where j.state = 'deferred' and j.not_before <= at
        order by j.not_before limit 1000 for update skip locked
    ));
    select array_agg(a.id), array_agg(a.tenant_id), array_agg(a.serial_key) into told, tenants, serials
    from (
        select j.id, j.tenant_id, j.serial_key from tiebeam.job j where j.state = 'arrived'
        order by j.id limit 1000 for update skip locked
    ) a;
    if told is not null then
        perform tiebeam.queue_line_up(tenants, serials);
        update tiebeam.job set state = 'lined' where id = any(told) and state = 'arrived';
    end if;
    turn := nextval('tiebeam.queue_turns') * 10000;
    while remaining > 0 loop
        select j.priority, j.tenant_id, j.id into level, first_tenant, first_id from tiebeam.job j
        where j.state = 'ready' and j.priority <= ceiling
        order by j.priority desc, j.tenant_id, j.id limit 1;
        exit when level is null;
        return query
        with recursive tenant as (
            select first_tenant as tenant_id, first_id as first_id
            union all
            select n.tenant_id, n.first_id
            from tenant t cross join lateral (
                select j.tenant_id, j.id as first_id from tiebeam.job j
                where j.state = 'ready' and j.priority = level and j.tenant_id > t.tenant_id
                order by j.tenant_id, j.id limit 1
            ) n
        ), standing as (
            select t.tenant_id, t.first_id, coalesce(s.running, 0) as jobs, coalesce(s.served, 0) as served
            from tenant t
            left join tiebeam.queue_turn s on s.tenant_id = t.tenant_id
            where coalesce(s.running, 0) < tenant_max
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
                    and j.id >= s.first_id and j.kind = any(kinds)
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
            insert into tiebeam.queue_turn as t (tenant_id, served, running)
            select c.tenant_id, turn + max(c.seat), count(*)::integer from chosen c group by c.tenant_id
            on conflict (tenant_id) do update set served = excluded.served,
                running = t.running + excluded.running
        )
        update tiebeam.job set state = 'processing', attempt = attempt + 1, held = false, worker_id = worker,
            started_at = at
        where id = any(array(select c.id from chosen c))
        returning id, tenant_id, kind, key, args, attempt, enqueued_at;
        get diagnostics got = row_count;
        remaining := remaining - got;
        turn := turn + got;
        ceiling := case when got = 0 then level - 1 else level end;
    end loop;
end
$$
"""

# The count of a tenant's running jobs goes wrong where somebody else ends them: a rescue, an administrator, a
# process of the release before. Whoever looks for the dead, every second, also puts it right.
RECOUNT = """
create function tiebeam.queue_recount() returns void
language plpgsql @definer as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('tiebeam.queue', 0));
    insert into tiebeam.queue_turn as t (tenant_id, served, running)
    select coalesce(r.tenant_id, q.tenant_id), 0, coalesce(r.jobs, 0)
    from (
        select j.tenant_id, count(*)::integer as jobs from tiebeam.job j where j.state = 'processing'
        group by j.tenant_id
    ) r
    full join tiebeam.queue_turn q on q.tenant_id = r.tenant_id
    where coalesce(q.running, 0) <> coalesce(r.jobs, 0)
    on conflict (tenant_id) do update set running = excluded.running;
end
$$
"""
