-- Where the records that are wanted lie, from one place on.
with
-- include place
select f.id from place f where f.id >= %(from_feed)s::bigint order by f.id
