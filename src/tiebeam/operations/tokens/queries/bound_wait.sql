-- Wait no longer than this for a lock, within this transaction.
select set_config('lock_timeout', %(wait)s, true)
