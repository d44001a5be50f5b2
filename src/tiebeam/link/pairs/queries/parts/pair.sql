-- A pair.
p.id, p.job_id, p.board_id, p.item_ref, p.base, p.state, p.asked, p.version, p.made_at, p.changed_at, p.sent
