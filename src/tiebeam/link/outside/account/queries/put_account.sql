-- Keep the account that a connection leads to.
insert into tiebeam.outside_account (tenant_id, connection_id, account_id, name, user_id, user_name, plan)
values (%(tenant_id)s::uuid, %(connection_id)s::uuid, %(account_id)s, %(name)s, %(user_id)s, %(user_name)s, %(plan)s)
on conflict (tenant_id, connection_id) do update
set account_id = excluded.account_id, name = excluded.name, user_id = excluded.user_id,
    user_name = excluded.user_name, plan = excluded.plan
