-- Nothing that was to be delivered before this moment is missing here.
update tiebeam.webhook
set seen_until = greatest(seen_until, %(until)s::timestamptz)
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
