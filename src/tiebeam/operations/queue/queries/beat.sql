-- Say that a worker lives, and learn what it is to stop; null when it is not on the list any more.
select tiebeam.queue_beat(%(worker)s)
