-- Change a rule that is held.
update tiebeam.automation_rule set
    name = %(name)s::text,
    enabled = %(enabled)s::boolean,
    definition = %(definition)b::jsonb,
    version = version + 1,
    updated_at = %(at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
