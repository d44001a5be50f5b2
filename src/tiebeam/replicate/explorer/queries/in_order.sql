-- Have what this transaction asks next come in the order of an index: with filters that may say anything or
-- nothing, the planner takes nearly every record for filtered out, and would rather read and sort them all.
select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('jit', 'off', true)
