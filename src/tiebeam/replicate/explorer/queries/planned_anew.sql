-- Have what this transaction asks next planned for what is asked: with filters that may say anything or nothing,
-- a plan for all of them reads and sorts nearly every record, and compiling it or calling other processes to help
-- takes longer than carrying it out.
select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true)
