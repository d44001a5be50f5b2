-- Whether a token still lets the first person in.
select tiebeam.first_run_open(%(hash)s::bytea, %(at)s::timestamptz)
