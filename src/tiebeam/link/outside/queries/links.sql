-- The joined boards of a company, the oldest first.
select
    -- include link
from tiebeam.outside_link l
where l.tenant_id = %(tenant_id)s::uuid and (not %(on)s::boolean or l.state = 'on')
    and (%(board_id)s::uuid is null or l.board_id = %(board_id)s::uuid)
order by l.made_at, l.id
