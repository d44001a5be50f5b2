-- How many items have each of some labels.
select i.column_values ->> %(key)s::text, count(*)
from tiebeam.work_item i
where i.tenant_id = %(tenant_id)s::uuid and i.board_id = %(board_id)s::uuid and i.deleted_at is null
    and i.column_values ->> %(key)s::text = any(%(labels)s::text[])
group by 1
