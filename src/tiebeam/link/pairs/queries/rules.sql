-- How somebody has said that boards are kept in step.
select board_id, rules from tiebeam.link_board
where tenant_id = %(tenant_id)s::uuid and board_id = any(%(board_ids)s::uuid[])
