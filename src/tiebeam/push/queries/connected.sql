-- Go on at once with what waits since the connection to its target was gone.
with woken as (
    update tiebeam.push_intent set next_at = %(at)s::timestamptz
    where tenant_id = %(tenant_id)s::uuid and target = %(target)s and state = 'waiting' and code = %(code)s
    returning id
), steps as (
    update tiebeam.push_step set next_at = %(at)s::timestamptz
    where tenant_id = %(tenant_id)s::uuid and intent_id in (select id from woken) and state = 'retry_at'
)
select id from woken
