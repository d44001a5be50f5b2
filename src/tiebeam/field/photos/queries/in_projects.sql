-- Which of these photos lie in these projects: named there in a version by whoever took the photo.
select p.id from tiebeam.field_photo p
where p.tenant_id = %(tenant_id)s::uuid and p.id = any(%(ids)s::uuid[])
    and exists (
        select from tiebeam.field_document d
        join tiebeam.field_version v on v.tenant_id = d.tenant_id and v.document_id = d.id
        where d.tenant_id = p.tenant_id and d.project_id = any(%(projects)s::uuid[])
            and v.author_kind = p.author_kind and v.author_id = p.author_id
            and (
                (v.body -> 'photos')::jsonb ? p.id::text
                or v.body ->> 'photo' = p.id::text
                or v.body -> 'signature' ->> 'photo' = p.id::text
            )
    )
