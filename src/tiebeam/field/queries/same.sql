-- The version that is just this: from the same base, or the one that counts.
select v.number, v.aside from tiebeam.field_version v
where v.tenant_id = %(tenant_id)s::uuid and v.document_id = %(id)s::uuid and v.hash = %(hash)s
    and (v.base = %(base)s or v.number = %(version)s)
order by v.number
limit 1
