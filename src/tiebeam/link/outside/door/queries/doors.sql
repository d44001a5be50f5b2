-- Every door of a company.
select link_id, secret_hash, key_id, sealed, hook_ids, base_url, refused, kept_at
from tiebeam.outside_door
where tenant_id = %(tenant_id)s::uuid
