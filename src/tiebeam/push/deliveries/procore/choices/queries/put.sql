-- Have a company's documents in Procore like this from now on.
insert into tiebeam.procore_choice (tenant_id, tickets, album_id, folder_id, order_status, logs)
values (
    %(tenant_id)s::uuid, %(tickets)s, %(album_id)s, %(folder_id)s, %(order_status)s, %(logs)b::jsonb
)
on conflict (tenant_id) do update set
    tickets = excluded.tickets,
    album_id = excluded.album_id,
    folder_id = excluded.folder_id,
    order_status = excluded.order_status,
    logs = excluded.logs
