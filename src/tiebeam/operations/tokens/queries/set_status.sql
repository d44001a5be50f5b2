-- How a connection stands and why; the moment moves only when the status does.
update tiebeam.connection set
    since = case when status = %(status)s then since else %(now)s end,
    status = %(status)s,
    code = %(code)s,
    reason = %(reason)s,
    action = %(action)s
where tenant_id = %(tenant_id)s and id = %(id)s
