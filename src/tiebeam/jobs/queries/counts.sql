-- How many jobs have which status.
select j.status, count(*) from tiebeam.work_job j
where j.tenant_id = %(tenant_id)s::uuid and j.deleted_at is null
group by j.status
