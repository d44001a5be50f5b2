-- A job.
select j.id, j.number, j.title, j.status, j.lead_id, j.address, j.starts_on, j.ends_on, j.created_at,
    j.updated_at, j.version, j.deleted_at
from tiebeam.work_job j
