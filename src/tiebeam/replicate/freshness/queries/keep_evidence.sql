-- Write back the evidence of one feed after a read.
update tiebeam.feed_evidence
set as_of = %(as_of)s::timestamptz, changes = %(changes)s::float8[], hours = %(hours)s::float8[],
    reads = %(reads)s::float8, calls = %(calls)s::float8, announced = %(announced)s::float8,
    unannounced = %(unannounced)s::float8, told_pending = %(told_pending)s::integer, told = %(told)s::float8,
    missed = %(missed)s::float8, probed_at = %(probed_at)s::timestamptz
where tenant_id = %(tenant_id)s::uuid and feed_id = %(feed_id)s::bigint
