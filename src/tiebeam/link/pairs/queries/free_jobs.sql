-- Jobs that have no item on a board, the newest first.
select j.id from tiebeam.work_job j
where j.tenant_id = %(tenant_id)s::uuid and j.deleted_at is null
    and not exists (
        select from tiebeam.link_pair p
        where p.tenant_id = j.tenant_id and p.tenant_id = %(tenant_id)s::uuid and p.job_id = j.id
            and p.board_id = %(board_id)s::uuid and p.state <> 'unlinked'
    )
order by j.number desc
limit %(limit)s
