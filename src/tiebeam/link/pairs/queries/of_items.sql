-- The pairs of items that are not over.
select
    -- include pair
from tiebeam.link_pair p
where p.tenant_id = %(tenant_id)s::uuid and p.item_ref = any(%(refs)s::text[]) and p.state <> 'unlinked'
order by p.made_at, p.id
