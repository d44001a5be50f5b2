-- The highest number that was ever given.
select coalesce(max(j.number), 0) from tiebeam.work_job j where j.tenant_id = %(tenant_id)s::uuid
