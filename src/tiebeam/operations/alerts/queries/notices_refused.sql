-- A channel did not take its message: it is tried again at a later moment, or never when there is none.
update tiebeam.alert_notice
set attempts = attempts + 1, next_at = coalesce(%(next_at)s::timestamptz, next_at),
    status = case when %(next_at)s::timestamptz is null then 'failed' else 'waiting' end,
    ended_at = case when %(next_at)s::timestamptz is null then %(at)s::timestamptz end
where tenant_id = %(tenant_id)s::uuid and id = any(%(ids)s::bigint[])
