"""Daily logs, one by one. No kind has a key of ours: what was written is found by a mark in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.procore.writes.plan import Write, project_path

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Final[Mapping[str, str]] = {
    "weather_logs": "comments",
    "manpower_logs": "notes",
    "work_logs": "comments",
    "delay_logs": "comments",
    "notes_logs": "comment",
}
"""The kinds of logs that are written, and the member of each that takes words."""


def log(project_id: str, kind: str, day: str, fields: Mapping[str, Any]) -> Write:
    """Return what makes a log of a day (ISO 8601: any other form is silently no day at all)."""
    body = {kind.removesuffix("s"): {"date": day, **fields}}
    return Write("POST", project_path(project_id, kind), body)
