-- The hooks of a connection, retired ones too, newest first.
select id, tenant_id, connection_id, company_id, secret_hash, vendor_hook_id, destination_url, payload_version,
    own_application_id, own_user_id, made_at, retired_at, seen_until
from tiebeam.webhook
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid
order by made_at desc, id
