-- Enter a worker.
select tiebeam.queue_join(%(name)s, %(at)s)
