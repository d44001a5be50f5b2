-- What both sides hold by now of something that somebody is being asked about.
update tiebeam.link_conflict
set kind = %(kind)s, job = %(job)s::jsonb, item = %(item)s::jsonb, job_at = %(job_at)s, job_by = %(job_by)s,
    item_at = %(item_at)s, item_by = %(item_by)s, sentence = %(sentence)s
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid and state = 'open'
