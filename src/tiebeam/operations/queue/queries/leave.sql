-- Let a worker go; what it still holds is put back at the next rescue.
select tiebeam.queue_leave(%(worker)s)
