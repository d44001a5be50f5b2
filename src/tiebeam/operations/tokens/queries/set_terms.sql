-- Through which app, as whom and by which hosts a connection is made from now on; its company stays.
update tiebeam.connection set
    environment = %(environment)s,
    login_url = %(login_url)s,
    api_url = %(api_url)s,
    client_id = %(client_id)s,
    grant_kind = %(grant_kind)s
where tenant_id = %(tenant_id)s and id = %(id)s
