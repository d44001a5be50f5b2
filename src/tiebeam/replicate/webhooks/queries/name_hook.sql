-- The vendor has made the hook and says what it is called there.
update tiebeam.webhook
set vendor_hook_id = %(vendor_hook_id)s
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
