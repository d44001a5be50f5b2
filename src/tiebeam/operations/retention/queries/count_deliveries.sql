-- How many of these would go, up to a limit.
select count(*)
from (
    select 1
    -- include old_deliveries
    limit %(limit)s
) as old
