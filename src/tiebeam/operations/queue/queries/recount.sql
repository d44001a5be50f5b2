-- Count how many jobs of each tenant are in hands.
select tiebeam.queue_recount()
