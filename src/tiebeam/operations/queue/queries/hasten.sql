-- Make everything due that waits for its time, back-off or not.
with hastened as (
    update tiebeam.job
    set state = case when serial_key is null then 'ready' else 'arrived' end, not_before = %(at)s, held = false
    where tenant_id = %(tenant_id)s and state = 'deferred'
    returning 1
)
select count(*)::integer, case when count(*) > 0 then pg_notify('tiebeam_queue', '')::text end from hastened
