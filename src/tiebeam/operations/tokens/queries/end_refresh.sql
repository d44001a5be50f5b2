-- A new token is kept: the connection is well.
update tiebeam.connection set
    refresh_began_at = null,
    last_refreshed_at = %(now)s,
    token_expires_at = %(expires_at)s,
    since = case when status = 'connected' then since else %(now)s end,
    status = 'connected',
    code = null,
    reason = null,
    action = null
where tenant_id = %(tenant_id)s and id = %(id)s
