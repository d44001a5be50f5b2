-- Find to which company a sign-in under way leads.
select tiebeam.oidc_flow_tenant(%(hash)s)
