-- Fill the staging table: COPY cannot write to a table behind the wall.
copy staging_record (fresh, key, state, hash, list_hash, vendor_at, day, payload) from stdin (format binary)
