-- An alert as it stands now.
update tiebeam.alert
set severity = %(severity)s, status = %(status)s, summary = %(summary)s, action = %(action)s,
    sightings = %(sightings)s, seen_at = %(seen_at)s, acknowledged_at = %(acknowledged_at)s,
    acknowledged_by = %(acknowledged_by)s, resolved_at = %(resolved_at)s
where tenant_id = %(tenant_id)s::uuid and id = %(id)s
