-- List every tenant's schedules: how often, whether at all, and the last tick that was acted on.
select tenant_id, name, every_seconds, enabled, last_tick_at from tiebeam.schedule_standing(%(names)s::text[])
