-- Remove a bounded number of jobs that ended long ago.
select tiebeam.queue_prune(%(before)s, %(most)s)
