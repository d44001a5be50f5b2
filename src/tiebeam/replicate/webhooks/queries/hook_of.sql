-- Whose hook a secret belongs to, by its hash: the only way past the wall for a delivery.
select id, tenant_id, connection_id, company_id, secret_hash, vendor_hook_id, destination_url, payload_version,
    own_application_id, own_user_id, made_at, retired_at, seen_until
from tiebeam.webhook_of(%(secret_hash)b::bytea)
