-- The counters of every gate, without the names of the gates.
select state from tiebeam.measured_gates()
