"""What must be true in Procore of papers that are on their way there, by what its own tables hold."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.factories.procore_push import TICKET
from tests.push_sim.promises import PromiseBrokenError

if TYPE_CHECKING:
    from uuid import UUID

    from tests.factories.procore_push import Yard
    from tests.push_sim.procore_world import Desk

    from tiebeam.push.model import Paper

LINES = {
    "labour": "time_and_material_timecards",
    "materials": "materials",
    "equipment": "time_and_material_equipment_logs",
}
LOGS = ("weather_logs", "manpower_logs", "work_logs", "delay_logs", "notes_logs")
FILES = "time_and_material_entry_attachments"
_WORDS = {"manpower_logs": "notes", "notes_logs": "comment"}
_PARTS = {"crew": "manpower_logs", "work": "work_logs", "delays": "delay_logs"}


def _hold(holds: object, what: str) -> None:
    if not holds:
        raise PromiseBrokenError(what)


def check_never_twice(yard: Yard) -> None:
    """Whatever is going on: nothing is there twice."""
    for resource, field in (
        ("time_and_material_entries", "reference_number"),
        ("potential_change_orders", "origin_id"),
        ("potential_change_order_line_items", "origin_id"),
        ("documents", "name"),
        ("images", "filename"),
        *((kind, _WORDS.get(kind, "comments")) for kind in LOGS),
    ):
        _once(resource, [row[field] for row in yard.rows(resource)])
    _once(FILES, [(row["time_and_material_entry_id"], row["filename"]) for row in yard.rows(FILES)])
    for part, resource in LINES.items():
        counts = Counter(row["time_and_material_entry_id"] for row in yard.rows(resource))
        _hold(max(counts.values(), default=0) <= len(TICKET[part]), f"lines twice: {resource} {counts}")


def _once(resource: str, keys: list[Any]) -> None:
    doubled = [key for key, count in Counter(keys).items() if count > 1]
    _hold(not doubled, f"made twice: {resource} {doubled}")


def check_all_there(yard: Yard, desk: Desk, accepted: set[UUID], receipts: list[tuple[Any, ...]]) -> None:
    """When faults have stopped: every paper is there, whole, once, and each receipt is of what is there."""
    _hold(set(desk.sealed) == set(desk.papers), "sealed: not every paper")
    ids = {str(row["id"]) for name in _ALL for row in yard.rows(name)}
    for document_id, name, kind, vendor_id in receipts:
        _hold(vendor_id in ids, f"receipt of {kind} {name} of {document_id} points at {vendor_id}")
    for paper in desk.papers.values():
        if paper.id not in accepted:
            _CHECKS[paper.kind](yard, paper)
    sent = sum(paper.kind == "tm_ticket" for paper in desk.papers.values())
    _hold(len(yard.rows("time_and_material_entries")) == sent, "entries: another number than tickets")


_ALL = (
    "time_and_material_entries",
    *LINES.values(),
    FILES,
    "potential_change_orders",
    "potential_change_order_line_items",
    "documents",
    "images",
    *LOGS,
)


def _check_ticket(yard: Yard, paper: Paper) -> None:
    (entry,) = [
        row for row in yard.rows("time_and_material_entries") if row["reference_number"] == paper.origin
    ]
    for part, resource in LINES.items():
        mine = [row for row in yard.rows(resource) if row["time_and_material_entry_id"] == entry["id"]]
        _hold(len(mine) == len(paper.body[part]), f"{part} of {paper.number}: {len(mine)}")
    hung = [row["filename"] for row in yard.rows(FILES) if row["time_and_material_entry_id"] == entry["id"]]
    _hold(_bytes(yard, hung) == _wanted(paper), f"files of {paper.number}: {hung}")


def _check_order(yard: Yard, paper: Paper) -> None:
    (order,) = [row for row in yard.rows("potential_change_orders") if row["origin_id"] == paper.origin]
    lines = yard.state.rows("potential_change_order_line_items", parent_id=order["id"])
    wanted = len(paper.body["lines"]) + len(paper.body["markups"])
    _hold(len(lines) == wanted, f"lines of {paper.number}: {len(lines)} of {wanted}")
    _hold(paper.body["lines"] != [] or order["grand_total"] == "0.00", f"total of {paper.number}")
    named = [row["name"] for row in yard.rows("documents")] + [row["filename"] for row in yard.rows("images")]
    mine = [name for name in named if name.startswith(f"{paper.number} ")]
    _hold(_wanted(paper) <= _bytes(yard, mine), f"files of {paper.number}: {mine}")


def _check_report(yard: Yard, paper: Paper) -> None:
    for part, resource in _PARTS.items():
        words = _WORDS.get(resource, "comments")
        mine = [row for row in yard.rows(resource) if f"[{paper.number} " in row[words]]
        _hold(len(mine) == len(paper.body[part]), f"{part} of {paper.number}: {len(mine)}")


def _bytes(yard: Yard, names: list[str]) -> set[str]:
    """Return the hashes of what was stored under names."""
    uploads = yard.simulator.storeroom.uploads._uploads.values()
    return {hashlib.sha256(one.data).hexdigest() for one in uploads if one.filename in names and one.data}


def _wanted(paper: Paper) -> set[str]:
    return {one.sha256 for one in paper.attachments}


_CHECKS = {"tm_ticket": _check_ticket, "change_order_request": _check_order, "daily_report": _check_report}
