-- Remove old ticks, but the last of each schedule.
select tiebeam.schedule_prune(%(before)s)
