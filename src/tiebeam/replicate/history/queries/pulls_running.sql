-- What is being read right now: the pulls under way in the projects given, or in all.
select f.stream, f.scope as scope_text, p.mode, p.next_page, p.started_at
from tiebeam.pull p
join tiebeam.feed f on f.id = p.feed_id
where p.tenant_id = %(tenant_id)s::uuid and f.tenant_id = %(tenant_id)s::uuid and p.status = 'running'
    and (
        %(projects)s::text[] is null or f.scope = ''
        or substring(f.scope from '^project_id=([^/]*)') = any(%(projects)s::text[])
    )
order by p.started_at, p.id
limit %(limit)s
