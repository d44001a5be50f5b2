-- The readable feeds of a stream within a scope, narrower ones included.
select id, connection_id, stream, scope as scope_text, access, access_reason, access_refusals, access_next_at,
    watermark, completed_at, swept_at, read_at, per_page, last_error
from tiebeam.feed
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid and stream = %(stream)s
    and access = 'open' and (scope = %(scope)s or scope like %(scope)s || '/%%')
order by id
