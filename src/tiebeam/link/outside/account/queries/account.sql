-- The account that a connection leads to.
select account_id, name, user_id, user_name, plan
from tiebeam.outside_account
where tenant_id = %(tenant_id)s::uuid and connection_id = %(connection_id)s::uuid
