-- Which of these photos have not arrived.
select wanted.id from unnest(%(photos)s::uuid[]) as wanted (id)
where not exists (
    select from tiebeam.field_photo p where p.tenant_id = %(tenant_id)s::uuid and p.id = wanted.id
)
