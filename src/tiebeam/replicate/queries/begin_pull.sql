-- Start a pull.
insert into tiebeam.pull (tenant_id, feed_id, mode, segments, per_page, updated_from, updated_to, started_at,
    all_details)
values (%(tenant_id)s::uuid, %(feed_id)s, %(mode)s, %(segments)s::jsonb, %(per_page)s, %(updated_from)s,
    %(updated_to)s, %(started_at)s, %(all_details)s)
returning id, feed_id, mode, segments, segment, next_page, per_page, updated_from, updated_to, started_at,
    server_started_at, total, steps_back, settled, all_details
