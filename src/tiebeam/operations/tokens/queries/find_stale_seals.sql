-- Connections whose secrets another key than the present one has sealed.
select connection_id from tiebeam.credential
where tenant_id = %(tenant_id)s and key_id <> %(key_id)s
order by connection_id
