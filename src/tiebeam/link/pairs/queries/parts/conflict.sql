-- A conflict, with whose it is.
c.id, c.pair_id, p.job_id, p.board_id, p.item_ref, c.field, c.kind, c.base, c.job, c.item, c.job_at, c.job_by,
    c.item_at, c.item_by, c.sentence, c.state, c.found_at, c.decided_at, c.decided_by
