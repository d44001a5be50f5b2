-- The boards of which some item is to be read.
select distinct link_id
from tiebeam.outside_told
where tenant_id = %(tenant_id)s::uuid
