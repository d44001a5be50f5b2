-- Keep the proof that what a step makes is there.
insert into tiebeam.push_receipt (
    tenant_id, intent_id, name, vendor_id, answer, seen_at, payload_sha256, found
)
values (
    %(tenant_id)s::uuid, %(intent_id)s::uuid, %(name)s, %(vendor_id)s, %(answer)b::jsonb, %(seen_at)s::timestamptz,
    %(payload_sha256)s, %(found)s
)
