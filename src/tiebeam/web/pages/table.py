"""All pages and actions: the one table that routing and the walk over every role read."""

from __future__ import annotations

from typing import Final

from tiebeam.web.pages import door, first_run, health, integration, keys, overview, people, settings

ROWS: Final = (
    *door.ROWS,
    *first_run.ROWS,
    *overview.ROWS,
    *settings.ROWS,
    *integration.ROWS,
    *people.ROWS,
    *keys.ROWS,
    *health.ROWS,
)
