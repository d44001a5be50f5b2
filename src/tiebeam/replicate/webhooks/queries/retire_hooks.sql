-- Hooks that are no longer called; what still comes under their secrets is stored for an hour.
update tiebeam.webhook
set retired_at = %(at)s
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid and retired_at is null
    and id is distinct from %(keep_id)s::uuid
