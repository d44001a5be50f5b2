-- How a company wants its documents in Procore.
select tickets, album_id, folder_id, order_status, logs, order_tiers, orders_grouped, time_types
from tiebeam.procore_choice
where tenant_id = %(tenant_id)s::uuid
