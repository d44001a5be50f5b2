-- How one tenant's schedules stand.
select tenant_id, name, every_seconds, enabled, last_tick_at
from tiebeam.schedule_standing(%(names)s::text[])
where tenant_id = %(tenant_id)s::uuid
