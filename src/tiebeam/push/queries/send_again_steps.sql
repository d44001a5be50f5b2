-- Have what a person must look at, or was given up, looked for and sent again; hasten what waits.
update tiebeam.push_step set
    state = case when state in ('blocked', 'dead') then 'uncertain' else state end,
    failures = 0,
    next_at = case when state = 'planned' then null else %(at)s::timestamptz end
where tenant_id = %(tenant_id)s::uuid and intent_id = any(%(intent_ids)b::uuid[])
    and (%(names)b::text[] is null or name = any(%(names)b::text[]))
    and state in ('blocked', 'dead', 'uncertain', 'retry_at', 'planned')
