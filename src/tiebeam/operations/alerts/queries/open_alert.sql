-- A trouble that was not known before.
insert into tiebeam.alert (tenant_id, rule, subject, severity, status, summary, action, opened_at, seen_at)
values (%(tenant_id)s::uuid, %(rule)s, %(subject)s, %(severity)s, 'open', %(summary)s, %(action)s,
    %(at)s::timestamptz, %(at)s::timestamptz)
returning id
