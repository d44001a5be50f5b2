-- Have a company's documents in Procore like this from now on.
insert into tiebeam.procore_choice (
    tenant_id, tickets, album_id, folder_id, order_status, logs, order_tiers, orders_grouped, time_types
)
values (
    %(tenant_id)s::uuid, %(tickets)s, %(album_id)s, %(folder_id)s, %(order_status)s, %(logs)b::jsonb,
    %(order_tiers)s, %(orders_grouped)s, %(time_types)b::jsonb
)
on conflict (tenant_id) do update set
    tickets = excluded.tickets,
    album_id = excluded.album_id,
    folder_id = excluded.folder_id,
    order_status = excluded.order_status,
    logs = excluded.logs,
    order_tiers = excluded.order_tiers,
    orders_grouped = excluded.orders_grouped,
    time_types = excluded.time_types
