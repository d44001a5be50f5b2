-- Make sure that a feed exists for each stream and scope; those that exist stay as they are.
insert into tiebeam.feed (tenant_id, connection_id, stream, scope)
select %(tenant_id)s::uuid, %(connection_id)s::uuid, wanted.stream, wanted.scope
from unnest(%(streams)s::text[], %(scopes)s::text[]) as wanted (stream, scope)
on conflict (connection_id, stream, scope) do nothing
