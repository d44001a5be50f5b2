-- Find whose session a token is, before anything else of it can be seen.
select tiebeam.session_tenant(%(hash)s)
