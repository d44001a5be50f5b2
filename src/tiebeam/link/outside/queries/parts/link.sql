-- A joined board.
l.id, l.board_id, l.vendor, l.outside_board_id, l.columns, l.groups, l.owner, l.state, l.seen_change, l.layout,
    l.people, l.me, l.passed_at, l.held, l.trouble
