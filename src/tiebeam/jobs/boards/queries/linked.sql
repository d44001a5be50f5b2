-- The items that name jobs in a link column, those of the board of jobs first.
select l.job_id,
-- include item
from tiebeam.work_link l
join tiebeam.work_item i on i.tenant_id = l.tenant_id and i.id = l.item_id and i.deleted_at is null
join tiebeam.work_board b on b.tenant_id = i.tenant_id and b.id = i.board_id and b.deleted_at is null
where l.tenant_id = %(tenant_id)s::uuid and l.job_id = any(%(job_ids)s::uuid[])
    and exists (
        select from tiebeam.work_column c
        where c.tenant_id = l.tenant_id and c.board_id = i.board_id and c.key = l.key
            and c.deleted_at is null
    )
group by l.job_id, i.tenant_id, i.id, b.purpose, b.created_at
order by b.purpose nulls last, b.created_at, i.created_at, i.id
