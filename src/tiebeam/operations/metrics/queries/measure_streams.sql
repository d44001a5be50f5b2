-- Each stream's feeds and their ages, over all tenants at once.
select stream, read, unread, shut, age_seconds_max, age_seconds_mean
from tiebeam.measured_streams(%(at)s::timestamptz)
order by stream
