-- How a company wants its documents in Procore.
select tickets, album_id, folder_id, order_status, logs
from tiebeam.procore_choice
where tenant_id = %(tenant_id)s::uuid
