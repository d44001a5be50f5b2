-- After a gap that cannot be told event by event: everything that deliveries cover is read since its beginning.
insert into tiebeam.webhook_pending as p (tenant_id, connection_id, stream, scope, key, deleted, first_at, last_at,
    received_at, next_at)
select distinct f.tenant_id, f.connection_id, f.stream, coalesce((regexp_match(f.scope, '^project_id=[^/]*'))[1], ''),
    '', false, %(since)s::timestamptz, %(at)s::timestamptz, %(at)s::timestamptz, %(at)s::timestamptz
from tiebeam.feed f
where f.tenant_id = %(tenant_id)s::uuid and f.connection_id = %(connection_id)s::uuid
    and f.stream = any(%(streams)b::text[]) and f.access = 'open' and f.completed_at is not null
on conflict (connection_id, stream, scope, key) do update
set first_at = least(p.first_at, excluded.first_at), last_at = excluded.last_at, generation = p.generation + 1,
    attempts = 0, next_at = excluded.next_at
