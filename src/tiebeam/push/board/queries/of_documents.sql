-- How documents stand with every target they are to be in.
-- include standing
where i.tenant_id = %(tenant_id)s::uuid and i.document_id = any(%(document_ids)b::uuid[])
order by i.wanted_at, i.id
