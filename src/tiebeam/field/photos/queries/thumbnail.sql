-- A photo's thumbnail, if one could be made.
select thumbnail from tiebeam.field_photo where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
