-- Find a tenant's id before anything else of it can be seen.
select tiebeam.tenant_of(%(slug)s)
