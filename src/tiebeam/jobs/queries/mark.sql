-- Delete or restore a job.
update tiebeam.work_job
set deleted_at = %(deleted_at)s::timestamptz, updated_at = %(at)s::timestamptz, version = version + 1
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
