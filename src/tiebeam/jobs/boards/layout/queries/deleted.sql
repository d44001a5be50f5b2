-- The boards that were deleted, the latest first.
select b.id from tiebeam.work_board b
where b.tenant_id = %(tenant_id)s::uuid and b.deleted_at is not null
order by b.deleted_at desc, b.id
limit %(limit)s
