-- Which of these photos have not arrived, or were never named in this project by whoever took them.
select wanted.id from unnest(%(photos)s::uuid[]) as wanted (id)
left join tiebeam.field_photo p on p.tenant_id = %(tenant_id)s::uuid and p.id = wanted.id
where p.id is null or not (
    -- First the document itself, which is quick, and almost always it.
    exists (
        select from tiebeam.field_version v
        where v.tenant_id = p.tenant_id and v.document_id = %(id)s::uuid
            and v.author_kind = p.author_kind and v.author_id = p.author_id
            and ((v.body -> 'photos')::jsonb ? p.id::text or v.body ->> 'photo' = p.id::text
                or v.body -> 'signature' ->> 'photo' = p.id::text)
    )
    or exists (
        select from tiebeam.field_document d
        join tiebeam.field_version v on v.tenant_id = d.tenant_id and v.document_id = d.id
        where d.tenant_id = p.tenant_id and d.project_id = %(project_id)s::uuid
            and v.author_kind = p.author_kind and v.author_id = p.author_id
            and ((v.body -> 'photos')::jsonb ? p.id::text or v.body ->> 'photo' = p.id::text
                or v.body -> 'signature' ->> 'photo' = p.id::text)
    )
)
