-- The pairs of jobs that are not over.
select
    -- include pair
from tiebeam.link_pair p
where p.tenant_id = %(tenant_id)s::uuid and p.job_id = any(%(ids)s::uuid[]) and p.state <> 'unlinked'
order by p.made_at, p.id
