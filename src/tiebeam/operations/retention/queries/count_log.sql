-- How many rows of the log would go into the archive, up to a limit.
select count(*)
from (
    select 1
    from tiebeam.sync_log l
    where
    -- include old_log
    limit %(limit)s
) as old
