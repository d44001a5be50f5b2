-- Say what became of jobs; returns those that could not be told now, because somebody is changing them.
select * from tiebeam.queue_settle(
    %(worker)s::bigint, %(at)s, %(ids)s::bigint[], %(wished)s::timestamptz[], %(verdicts)s::text[],
    %(untils)s::timestamptz[], %(whys)s::text[]
)
