-- Take steps out of the plan that are not wanted any more; those that are done stay.
delete from tiebeam.push_step
where tenant_id = %(tenant_id)s::uuid and intent_id = %(intent_id)s::uuid and name = any(%(names)b::text[])
    and state not in ('done', 'sending', 'uncertain')
