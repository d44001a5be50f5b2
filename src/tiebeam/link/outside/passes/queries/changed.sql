-- The links on whose board something was changed here that nobody has looked at.
select l.id
from tiebeam.outside_link l
where l.tenant_id = %(tenant_id)s::uuid and l.state = 'on'
    and exists (
        select 1
        from tiebeam.work_change c
        where c.tenant_id = l.tenant_id and c.board_id = l.board_id and c.id > l.seen_change
    )
order by l.id
