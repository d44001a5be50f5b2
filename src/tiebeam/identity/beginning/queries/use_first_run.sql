-- Use up the token; whether it let the first person in.
select tiebeam.use_first_run(%(hash)s::bytea, %(at)s::timestamptz)
