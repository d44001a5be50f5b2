-- One writer of a company's jobs and boards at a time, until its transaction ends.
select pg_advisory_xact_lock(hashtextextended('tiebeam.work.' || %(tenant_id)s::uuid::text, 0))
