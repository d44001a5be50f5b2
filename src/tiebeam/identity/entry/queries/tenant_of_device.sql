-- Find whose device a token or a code is.
select tiebeam.device_tenant(%(hash)s)
