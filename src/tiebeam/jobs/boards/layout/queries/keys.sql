-- The keys that the columns of a board ever had.
select c.key from tiebeam.work_column c
where c.tenant_id = %(tenant_id)s::uuid and c.board_id = %(board_id)s::uuid
