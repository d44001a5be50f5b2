-- Rows of the log that a proven file holds.
delete from tiebeam.sync_log
where tenant_id = %(tenant_id)s::uuid and id = any(%(ids)s::bigint[])
