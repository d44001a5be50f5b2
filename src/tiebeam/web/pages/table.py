"""All pages and actions: the one table that routing and the walk over every role read."""

from __future__ import annotations

from typing import Final

from tiebeam.web.pages import door, overview, record, records, records_export

ROWS: Final = (*door.ROWS, *overview.ROWS, *records.ROWS, *records_export.ROWS, *record.ROWS)
