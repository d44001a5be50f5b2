-- Have what a person must look at, or was given up, looked for and sent again; hasten what waits.
update tiebeam.push_step set
    state = case when state in ('blocked', 'dead') then 'uncertain' else state end,
    -- What was refused is not on its way any more: nothing has to settle before it is looked for.
    sent_at = case when state in ('blocked', 'dead') then null else sent_at end,
    failures = 0,
    next_at = case when state = 'planned' then null else %(at)s::timestamptz end
where tenant_id = %(tenant_id)s::uuid and intent_id = any(%(intent_ids)b::uuid[])
    and (%(names)b::text[] is null or name = any(%(names)b::text[]))
    and state in ('blocked', 'dead', 'uncertain', 'retry_at', 'planned')
