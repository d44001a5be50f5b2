-- Make a job due that waits for its time, out of a back-off or out of waiting for a person.
with hastened as (
    update tiebeam.job
    set attempt = case when state = 'blocked' then 0 else attempt end,
        enqueued_at = case when state = 'blocked' then %(at)s::timestamptz else enqueued_at end,
        state = case when serial_key is null then 'ready' else 'arrived' end,
        not_before = %(at)s::timestamptz, held = false
    where tenant_id = %(tenant_id)s::uuid and id = %(id)s and state in ('deferred', 'blocked')
    returning 1
)
select count(*)::integer, case when count(*) > 0 then pg_notify('tiebeam_queue', '')::text end from hastened
