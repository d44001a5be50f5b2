-- Every version and every photo as it is kept, in the order of their ids, a batch at a time.
select subject, number, body, sha256, captured_at, author_name
from (
    select
        'field_document:' || document_id as subject,
        number,
        body,
        hash as sha256,
        captured_at,
        author_name
    from tiebeam.field_version
    where tenant_id = %(tenant_id)s::uuid
    union all
    select 'field_photo:' || id, 1, null::json, sha256, null::timestamptz, author_name
    from tiebeam.field_photo
    where tenant_id = %(tenant_id)s::uuid
) as kept
where (subject, number) > (%(subject)s, %(number)s)
order by subject, number
limit %(limit)s
