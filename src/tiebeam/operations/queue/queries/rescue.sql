-- Strike dead workers off the list, and put back what nobody works on.
select tiebeam.queue_rescue(
    %(dead)s::bigint[], %(beats)s::bigint[], %(at)s, %(attempts_max)s::integer, %(why)s::text
)
