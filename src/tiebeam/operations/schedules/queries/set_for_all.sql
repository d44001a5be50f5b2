-- Change how often a schedule ticks for everybody, and whether it does.
select tiebeam.schedule_set(%(name)s, %(every_seconds)s::integer, %(enabled)s)
