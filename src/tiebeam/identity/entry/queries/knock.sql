-- Count a try at each door, unless one of them is shut: until when, and how many tries were not heard before.
select wait_until, missed
from tiebeam.knock(
    %(keys)s, %(free)s::int[], %(base_seconds)s::float8[], %(max_seconds)s::float8[],
    %(forget_seconds)s::float8, %(at)s
)
