-- The board that is there for something.
select b.id from tiebeam.work_board b
where b.tenant_id = %(tenant_id)s::uuid and b.purpose = %(purpose)s::text
