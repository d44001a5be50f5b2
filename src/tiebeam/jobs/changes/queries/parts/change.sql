-- A change.
select c.id, c.at, c.subject, c.subject_id, c.board_id, c.what, c.field, c.before, c.after, c.version,
    c.actor_kind, c.actor_id, c.actor_name, c.cause_id, c.hops
from tiebeam.work_change c
