-- Enter a worker under a new number, with what it has in hand; null when it is not on the list any more.
select tiebeam.queue_rejoin(%(former)s::bigint, %(name)s, %(at)s, %(held)s::bigint[])
