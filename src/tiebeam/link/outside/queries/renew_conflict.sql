-- What both sides hold by now of something that somebody is being asked about.
update tiebeam.outside_conflict
set kind = %(kind)s, ours = %(ours)s::jsonb, theirs = %(theirs)s::jsonb, ours_at = %(ours_at)s,
    ours_by = %(ours_by)s, theirs_at = %(theirs_at)s, theirs_by = %(theirs_by)s, sentence = %(sentence)s
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid and state = 'open'
