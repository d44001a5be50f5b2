-- Find whose API key a secret is.
select tiebeam.api_key_tenant(%(hash)s)
