"""Time and material tickets: an entry, and beside it labour, materials, equipment, files, a change event.

None of them is in a transaction with another, and nothing is found by a filter: what was written is looked
for by reading lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.ports import Refusal
from tiebeam.connectors.procore.writes.plan import UPLOAD, Write, project_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiebeam.connectors.procore.writes.writer import ProcoreWriter, Row

LABOUR: Final = "time_and_material_timecards"
MATERIALS: Final = "materials"
EQUIPMENT: Final = "time_and_material_equipment_logs"
_MANY = {MATERIALS: "time_and_material_materials"}
_ENTRIES = "time_and_material_entries"
_FILES = "time_and_material_entry_attachments"
_ON = "time_and_material_entry_id"


def entry(project_id: str, fields: Mapping[str, Any]) -> Write:
    """Return what makes a ticket, with `reference_number` as the key by which it is found again."""
    return Write("POST", project_path(project_id, _ENTRIES), {"time_and_material_entry": dict(fields)})


def lines(project_id: str, kind: str, entry_id: Any, rows: Sequence[Mapping[str, Any]]) -> Write:
    """Return what hangs lines of a kind (LABOUR, MATERIALS, EQUIPMENT) on a ticket, all at once."""
    body = {_MANY.get(kind, kind): [{_ON: entry_id, **row} for row in rows]}
    return Write("POST", project_path(project_id, f"{kind}/bulk_create"), body)


def attachment(project_id: str, entry_id: Any) -> Write:
    """Return what hangs a file on a ticket. The file keeps the name it was uploaded under."""
    body = {_ON: entry_id, "time_and_material_entry_attachment": {"upload_uuids": [UPLOAD]}}
    return Write("POST", project_path(project_id, _FILES), body)


def link(project_id: str, entry_id: Any, change_event_id: Any) -> Write:
    """Return what ties a ticket to a change event. Doing it again changes nothing."""
    body = {f"{_ON}s": [entry_id], "change_event_id": change_event_id}
    path = project_path(project_id, f"{_ENTRIES}/bulk_update")
    return Write("PATCH", path, {"time_and_material_entry": body})


async def find_entry(writer: ProcoreWriter, project_id: str, reference: str) -> Row | Refusal | None:
    """Return the ticket with a reference number; None when there certainly is none."""
    path = project_path(project_id, _ENTRIES)
    return _first(
        await writer.search(path, (), lambda row: _live(row) and row.get("reference_number") == reference)
    )


async def lines_of(
    writer: ProcoreWriter, project_id: str, kind: str, entry_id: str, count: int
) -> list[Row] | Refusal:
    """Return up to `count` lines of a kind that hang on a ticket; fewer when no more do."""
    path = project_path(project_id, kind)
    return await writer.search(
        path, (), lambda row: _live(row) and str(row.get(_ON)) == entry_id, count=count
    )


async def find_attachment(
    writer: ProcoreWriter, project_id: str, entry_id: str, name: str
) -> Row | Refusal | None:
    """Return the file of that name on a ticket; None when there is none."""
    shown = await writer.one(project_path(project_id, f"{_ENTRIES}/{entry_id}"))
    if isinstance(shown, Refusal):
        return shown
    return next((row for row in shown.get(_FILES) or () if row.get("filename") == name), None)


def _live(row: Row) -> bool:
    return not row.get("deleted_at")


def _first(found: list[Row] | Refusal) -> Row | Refusal | None:
    if isinstance(found, Refusal):
        return found
    return found[0] if found else None
