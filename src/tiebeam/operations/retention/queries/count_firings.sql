-- How many of these would go, up to a limit.
select count(*)
from (
    select 1
    -- include old_firings
    limit %(limit)s
) as old
