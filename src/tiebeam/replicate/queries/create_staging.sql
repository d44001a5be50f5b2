-- Where COPY puts what a page changes; emptied at the end of each transaction.
create temporary table if not exists staging_record (
    fresh boolean, key text, state smallint, hash bytea, list_hash bytea, vendor_at timestamptz, day date,
    payload jsonb
) on commit delete rows
