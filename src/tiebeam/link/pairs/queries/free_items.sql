-- Items of a board that belong to no job, the newest first.
select i.id from tiebeam.work_item i
where i.tenant_id = %(tenant_id)s::uuid and i.board_id = %(board_id)s::uuid and i.deleted_at is null
    and not exists (
        select from tiebeam.link_pair p
        where p.tenant_id = i.tenant_id and p.tenant_id = %(tenant_id)s::uuid and p.board_id = i.board_id
            and p.item_ref = i.id::text and p.state <> 'unlinked'
    )
order by i.created_at desc, i.id
limit %(limit)s
