-- Remove a rule; what it did stays in the log.
update tiebeam.automation_rule set deleted_at = %(at)s::timestamptz, enabled = false, version = version + 1
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
