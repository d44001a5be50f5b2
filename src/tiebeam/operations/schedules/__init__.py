"""Schedules: what is queued again and again, each tick once, by whichever scheduler is the one."""
