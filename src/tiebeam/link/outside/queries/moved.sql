-- What was done to items of our board since: the last of it for each, of so many changes at most.
select distinct on (c.subject_id) c.subject_id, c.id, c.cause_id, c.hops
from (
    select w.subject_id, w.id, w.cause_id, w.hops
    from tiebeam.work_change w
    where w.tenant_id = %(tenant_id)s::uuid and w.board_id = %(board_id)s::uuid and w.id > %(after)s::bigint
    order by w.id
    limit %(limit)s
) c
order by c.subject_id, c.id desc
