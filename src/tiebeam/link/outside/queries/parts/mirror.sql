-- An item of ours and the one that is the same there.
m.id, m.link_id, m.item_id, m.outside_id, m.base, m.sent, m.refused, m.state, m.asked, m.begun_at, m.cause_id,
    m.hops, m.written_at
