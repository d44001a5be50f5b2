-- What a list tells of a record `r` of a place `f`.
r.feed_id, f.connection_id, f.scope as scope_text, r.key, case
    when f.access = 'gone' then 2
    when f.access in ('hidden', 'off') and r.state = 1 then 3
    else r.state
end::smallint as state,
r.version, r.hash, r.vendor_at, r.created_at, r.changed_at, r.state_reason, r.payload
