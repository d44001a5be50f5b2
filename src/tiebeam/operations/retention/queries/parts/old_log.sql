-- Rows of the log that are old enough for the archive, but for those that were restored to be looked at.
l.tenant_id = %(tenant_id)s::uuid and l.at < %(before)s::timestamptz
    and not exists (
        select 1
        from tiebeam.log_archive a
        where a.tenant_id = %(tenant_id)s::uuid and a.status = 'restored' and l.id between a.first_id and a.last_id
    )
