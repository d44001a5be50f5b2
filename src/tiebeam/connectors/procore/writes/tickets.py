"""Time and material tickets: an entry, and beside it labour, materials, equipment, files, a change event.

None of them is in a transaction with another, and nothing is found by a filter: what was written is looked
for by reading lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.connectors.procore.writes.plan import UPLOAD, Write, project_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABOUR: Final = "time_and_material_timecards"
MATERIALS: Final = "materials"
EQUIPMENT: Final = "time_and_material_equipment_logs"
_MANY = {MATERIALS: "time_and_material_materials"}
ENTRIES: Final = "time_and_material_entries"
FILES: Final = "time_and_material_entry_attachments"
ON: Final = "time_and_material_entry_id"


def entry(project_id: str, fields: Mapping[str, Any]) -> Write:
    """Return what makes a ticket, with `reference_number` as the key by which it is found again."""
    return Write("POST", project_path(project_id, ENTRIES), {"time_and_material_entry": dict(fields)})


def lines(project_id: str, kind: str, entry_id: Any, rows: Sequence[Mapping[str, Any]]) -> Write:
    """Return what hangs lines of a kind (LABOUR, MATERIALS, EQUIPMENT) on a ticket, all at once."""
    body = {_MANY.get(kind, kind): [{ON: entry_id, **row} for row in rows]}
    return Write("POST", project_path(project_id, f"{kind}/bulk_create"), body)


def attachment(project_id: str, entry_id: Any) -> Write:
    """Return what hangs a file on a ticket. The file keeps the name it was uploaded under."""
    body = {ON: entry_id, "time_and_material_entry_attachment": {"upload_uuids": [UPLOAD]}}
    return Write("POST", project_path(project_id, FILES), body)


def link(project_id: str, entry_id: Any, change_event_id: Any) -> Write:
    """Return what ties a ticket to a change event. Doing it again changes nothing."""
    body = {f"{ON}s": [entry_id], "change_event_id": change_event_id}
    path = project_path(project_id, f"{ENTRIES}/bulk_update")
    return Write("PATCH", path, {"time_and_material_entry": body})
