-- How many of the records that are wanted say what is looked for, down to a mark in the order of changes.
with
-- include place
select count(*)
from place f
cross join lateral (
    select
    from tiebeam.record r
    where
        -- include wanted
        and
        -- include span
        and
        -- include said
    offset 0
) n
