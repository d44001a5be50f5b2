-- The pull that a feed has under way, if any: after a kill it goes on at its page.
select id, feed_id, mode, segments, segment, next_page, per_page, updated_from, updated_to, started_at,
    server_started_at, total, steps_back, settled, all_details
from tiebeam.pull
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s and status = 'running'
