-- A new channel; its URL comes sealed.
insert into tiebeam.own_channel (id, tenant_id, name, kind, threshold, quiet_minutes, enabled, key_id, sealed, added_at,
    added_by)
values (%(id)s::uuid, %(tenant_id)s::uuid, %(name)s, %(kind)s, %(threshold)s, %(quiet_minutes)s, %(enabled)s, %(key_id)s,
    %(sealed)s, %(at)s::timestamptz, %(by)s)
