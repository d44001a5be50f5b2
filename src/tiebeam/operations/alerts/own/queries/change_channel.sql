-- What is set of a channel from now on; its URL stays unless there is another.
update tiebeam.own_channel
set name = %(name)s, threshold = %(threshold)s, quiet_minutes = %(quiet_minutes)s, enabled = %(enabled)s,
    kind = coalesce(%(kind)s::text, kind), key_id = coalesce(%(key_id)s::text, key_id),
    sealed = coalesce(%(sealed)s::bytea, sealed),
    tried_at = case when %(sealed)s::bytea is null then tried_at end,
    tried_error = case when %(sealed)s::bytea is null then tried_error end
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
