-- List the workers and how often each has said that it lives.
select id, name, beats from tiebeam.queue_workers()
