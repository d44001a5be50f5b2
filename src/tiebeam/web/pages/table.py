"""All pages and actions: the one table that routing and the walk over every role read."""

from __future__ import annotations

from typing import Final

from tiebeam.web import live
from tiebeam.web.pages import (
    alerts,
    audit,
    deletions,
    door,
    field,
    field_event,
    field_setting,
    first_run,
    health,
    integration,
    keys,
    overview,
    people,
    phone,
    phone_door,
    push,
    push_procore,
    push_sending,
    queue,
    record,
    records,
    records_export,
    runs,
    settings,
    settings_channels,
    settings_retention,
    webhooks,
)

ROWS: Final = (
    *door.ROWS,
    *first_run.ROWS,
    *overview.ROWS,
    *records.ROWS,
    *records_export.ROWS,
    *record.ROWS,
    *runs.ROWS,
    *queue.ROWS,
    *alerts.ROWS,
    *webhooks.ROWS,
    *deletions.ROWS,
    *field_setting.ROWS,
    *field.ROWS,
    *field_event.ROWS,
    *audit.ROWS,
    *live.ROWS,
    *settings.ROWS,
    *settings_retention.ROWS,
    *settings_channels.ROWS,
    *integration.ROWS,
    *people.ROWS,
    *push_procore.ROWS,  # Its path is one that would be taken for a document.
    *push.ROWS,
    *push_sending.ROWS,
    *keys.ROWS,
    *health.ROWS,
    *phone.ROWS,
    *phone_door.ROWS,
)
