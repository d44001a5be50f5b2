-- A photo, without its thumbnail.
-- include photo
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
