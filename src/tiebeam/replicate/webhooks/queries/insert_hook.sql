-- Keep a hook before the vendor makes it: its first delivery may come before the answer does.
insert into tiebeam.webhook (id, tenant_id, connection_id, company_id, secret_hash, destination_url, payload_version,
    own_application_id, own_user_id, made_at, seen_until)
values (%(id)s::uuid, %(tenant_id)s::uuid, %(connection_id)s::uuid, %(company_id)s, %(secret_hash)b, %(destination_url)s,
    %(payload_version)s, %(own_application_id)s, %(own_user_id)s, %(at)s, %(at)s)
