-- Keep what a connection is to copy, in the place of what was chosen before.
insert into tiebeam.connection_choice (tenant_id, connection_id, project_ids, streams, made_at)
values (%(tenant_id)s::uuid, %(connection_id)s::uuid, %(project_ids)s::text[], %(streams)s::text[], %(at)s)
on conflict (connection_id) do update
set project_ids = excluded.project_ids, streams = excluded.streams, made_at = excluded.made_at
