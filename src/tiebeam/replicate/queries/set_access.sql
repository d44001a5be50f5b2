-- Remember whether feeds can be read. A refusal counts up; an opening clears the count.
update tiebeam.feed
set access = %(access)s, access_reason = %(reason)s, access_next_at = %(next_at)s,
    access_refusals = case when %(access)s = 'off' then access_refusals + 1 else 0 end
where tenant_id = %(tenant_id)s::uuid and id = any(%(ids)s::bigint[])
    and (access <> %(access)s or %(access)s = 'off')
