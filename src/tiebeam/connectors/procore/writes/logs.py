"""Daily logs, one by one. No kind has a key of ours: what was written is found by a mark in its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.ports import Refusal
from tiebeam.connectors.procore.writes.plan import Write, project_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.connectors.procore.writes.writer import ProcoreWriter, Row

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


async def find_log(
    writer: ProcoreWriter, project_id: str, kind: str, day: str, mark: str
) -> Row | Refusal | None:
    """Return the log of a day whose words hold a mark, whatever its status; None when there is none."""
    words = WORDS[kind]
    query = (("log_date", day), ("filters[status]", "all"))
    found = await writer.search(
        project_path(project_id, kind), query, lambda row: mark in _text(row.get(words))
    )
    if isinstance(found, Refusal):
        return found
    return found[0] if found else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
