-- Let the first person in by a new token; false once there is anybody.
select tiebeam.begin_first_run(%(hash)s::bytea, %(until)s::timestamptz)
