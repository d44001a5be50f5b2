-- Write a gate's new counters, unless another process has written since they were read (version 0: never yet).
select tiebeam.gate_swap(%(domain)s, %(version)s::bigint, %(state)s::jsonb)
