-- Which copies of a tenant are marked for deletion, and when that is due.
select connection_id, due_at from tiebeam.copy_erasure
where tenant_id = %(tenant_id)s::uuid
order by due_at
