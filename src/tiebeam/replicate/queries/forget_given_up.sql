-- A complete listing begins: what was given up is tried once more if it is still listed.
delete from tiebeam.debt
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and next_at = 'infinity'
