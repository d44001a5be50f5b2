-- One more call of an API failed.
insert into tiebeam.vendor_streak (tenant_id, connection_id, api, failures, code, cause, action, server_fault, since,
    last_at)
values (%(tenant_id)s::uuid, %(connection_id)s::uuid, %(api)s, 1, %(code)s, %(cause)s, %(action)s, %(server_fault)s,
    %(at)s::timestamptz, %(at)s::timestamptz)
on conflict (connection_id, api) do update
set failures = tiebeam.vendor_streak.failures + 1, code = excluded.code, cause = excluded.cause,
    action = excluded.action, server_fault = excluded.server_fault, last_at = excluded.last_at
