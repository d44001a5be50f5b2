-- Pulls that ended long ago, but for the last one of each feed.
delete from tiebeam.pull
where id in (
    select p.id
    -- include old_pulls
    order by p.id
    limit %(limit)s
)
