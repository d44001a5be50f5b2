-- How somebody has said that a board is kept in step.
select rules from tiebeam.link_board
where tenant_id = %(tenant_id)s::uuid and board_id = %(board_id)s::uuid
