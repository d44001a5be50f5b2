-- One change of a company's channels at a time: two side by side would both find room for one more.
select pg_advisory_xact_lock(hashtextextended('tiebeam.own_channels.' || %(tenant_id)s::uuid::text, 0))
