-- One report of a tenant at a time: two that run side by side would both open the same alert.
select pg_advisory_xact_lock(hashtextextended('tiebeam.alerts.' || %(tenant_id)s::uuid::text, 0))
