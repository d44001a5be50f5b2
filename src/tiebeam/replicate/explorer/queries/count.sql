-- How many records are wanted, by the index alone; counting ends where nobody needs the figure to be exact.
with
-- include place
select count(*) from (
    select
    from place f
    cross join lateral (
        select
        from tiebeam.record r
        where
            -- include wanted
        limit %(limit)s
    ) n
    limit %(limit)s
) counted
