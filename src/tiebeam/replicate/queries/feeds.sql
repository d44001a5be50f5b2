-- All feeds of a connection, in a steady order.
select id, connection_id, stream, scope as scope_text, access, access_reason, access_refusals, access_next_at,
    watermark, completed_at, swept_at, read_at, per_page, last_error
from tiebeam.feed
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid
order by id
