-- A conflict, with whose it is.
c.id, c.mirror_id, m.link_id, l.board_id, m.item_id, m.outside_id, c.field, c.kind, c.base, c.ours, c.theirs,
    c.ours_at, c.ours_by, c.theirs_at, c.theirs_by, c.sentence, c.state, c.found_at, c.decided_at, c.decided_by
from tiebeam.outside_conflict c
join tiebeam.outside_mirror m on m.tenant_id = c.tenant_id and m.id = c.mirror_id
join tiebeam.outside_link l on l.tenant_id = m.tenant_id and l.id = m.link_id
