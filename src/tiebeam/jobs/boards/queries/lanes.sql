-- How many items of a board have which label.
select i.column_values ->> %(key)s::text, count(*)
from tiebeam.work_item i
where i.tenant_id = %(tenant_id)s::uuid and i.board_id = %(board_id)s::uuid and i.deleted_at is null
group by 1
