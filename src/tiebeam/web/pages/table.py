"""All pages and actions: the one table that routing and the walk over every role read."""

from __future__ import annotations

from typing import Final

from tiebeam.web import live
from tiebeam.web.pages import (
    alerts,
    audit,
    deletions,
    door,
    overview,
    queue,
    record,
    records,
    records_export,
    runs,
    webhooks,
)

ROWS: Final = (
    *door.ROWS,
    *overview.ROWS,
    *records.ROWS,
    *records_export.ROWS,
    *record.ROWS,
    *runs.ROWS,
    *queue.ROWS,
    *alerts.ROWS,
    *webhooks.ROWS,
    *deletions.ROWS,
    *audit.ROWS,
    *live.ROWS,
)
