-- Add a rule; one of the built-in ones only where it is not there yet.
insert into tiebeam.automation_rule (
    tenant_id, id, name, enabled, built_in, definition, version, created_at, updated_at
)
values (
    %(tenant_id)s::uuid, %(id)s::uuid, %(name)s::text, true, %(built_in)s::text, %(definition)b::jsonb, 1,
    %(at)s::timestamptz, %(at)s::timestamptz
)
on conflict (tenant_id, built_in) where built_in is not null do nothing
