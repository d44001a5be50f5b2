-- What has to be known of a door to take in what is told there.
select d.secret_hash, l.outside_board_id as board_id, a.user_id
from tiebeam.outside_door d
join tiebeam.outside_link l on l.tenant_id = d.tenant_id and l.id = d.link_id
join tiebeam.outside_account a on a.tenant_id = d.tenant_id
join tiebeam.connection c on c.tenant_id = a.tenant_id and c.id = a.connection_id
where d.tenant_id = %(tenant_id)s::uuid and d.link_id = %(link_id)s::uuid and l.state = 'on'
    and c.status <> 'disconnected'
limit 1
