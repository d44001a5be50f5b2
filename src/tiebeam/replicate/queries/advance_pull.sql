-- Move the checkpoint, in the same transaction as the page that it stands for.
update tiebeam.pull
set segments = %(segments)s::jsonb, segment = %(segment)s, next_page = %(next_page)s, per_page = %(per_page)s,
    total = %(total)s, steps_back = %(steps_back)s, settled = %(settled)s,
    server_started_at = %(server_started_at)s
where tenant_id = %(tenant_id)s::uuid and id = %(pull_id)s
