-- The counters of one gate and their version; no row when nobody has passed it yet.
select version, state from tiebeam.gate_read(%(domain)s)
