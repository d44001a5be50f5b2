-- The sealed URL of a channel.
select key_id, sealed
from tiebeam.own_channel
where tenant_id = %(tenant_id)s::uuid and id = %(id)s::uuid
