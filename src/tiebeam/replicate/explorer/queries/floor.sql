-- How far back a look at the records that are wanted goes, which takes so many from each place that holds so
-- many: the mark before which nothing is left out, and how many records come before it. None: all were looked at.
with
-- include place
, looked as materialized (
    select n.feed_id, n.key, n.changed_at, n.rank, n.rank = (select %(look)s::bigint / count(*) + 1 from place) as last
    from place f
    cross join lateral (
        select r.feed_id, r.key, r.changed_at, row_number() over (order by r.changed_at desc, r.key) as rank
        from tiebeam.record r
        where
            -- include wanted
            and
            -- include span
        order by r.changed_at desc, r.key
        limit (select %(look)s::bigint / count(*) + 1 from place)
    ) n
), edge as (
    select changed_at, feed_id, key from looked where last order by changed_at desc, feed_id, key limit 1
)
select e.changed_at, e.feed_id, e.key, count(*) as looked
from edge e
join looked l on l.changed_at > e.changed_at
    or (l.changed_at = e.changed_at and (l.feed_id, l.key) <= (e.feed_id, e.key))
group by e.changed_at, e.feed_id, e.key
