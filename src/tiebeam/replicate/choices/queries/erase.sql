-- Delete the copy of a disconnected connection whose deletion is due; null when it is not.
select tiebeam.erase_copy(%(connection_id)s::uuid, %(at)s::timestamptz)
