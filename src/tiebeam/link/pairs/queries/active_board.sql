-- The board on which every job has its item.
select b.id from tiebeam.work_board b where b.tenant_id = %(tenant_id)s::uuid and b.purpose = %(purpose)s
