-- Wait for the turn to change who is at the head of a line.
select tiebeam.queue_lock()
