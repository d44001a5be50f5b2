-- Too many deletions at once: a person decides.
insert into tiebeam.hold (tenant_id, feed_id, keys, live, evidence, found_at)
values (%(tenant_id)s::uuid, %(feed_id)s, %(keys)b::text[], %(live)s, %(evidence)s, %(at)s)
returning id
