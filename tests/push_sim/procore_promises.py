"""What must be true in Procore of papers that are on their way there, by what its own tables hold."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.factories.procore_push import TICKET
from tests.push_sim.promises import PromiseBrokenError

from tiebeam.push.deliveries.procore.words import file_name, mark

if TYPE_CHECKING:
    from collections.abc import Mapping
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
        ("change_order_packages", "origin_id"),
        ("change_order_requests", "origin_id"),
        ("documents", "name"),
        ("images", "filename"),
        *((kind, _WORDS.get(kind, "comments")) for kind in LOGS),
    ):
        _once(resource, [row.get(field) for row in yard.rows(resource) if not _is_theirs(row)])
    _once(FILES, [(row["time_and_material_entry_id"], row["filename"]) for row in yard.rows(FILES)])
    for part, resource in LINES.items():
        counts = Counter(row["time_and_material_entry_id"] for row in yard.rows(resource))
        _hold(max(counts.values(), default=0) <= len(TICKET[part]), f"lines twice: {resource} {counts}")


def _is_theirs(row: Mapping[str, Any]) -> bool:
    return str(row.get("reference_number")).startswith("theirs")


def _once(resource: str, keys: list[Any]) -> None:
    # An order that came with a package has no key before it is taken.
    doubled = [key for key, count in Counter(keys).items() if count > 1 and key is not None]
    _hold(not doubled, f"made twice: {resource} {doubled}")


def check_all_there(
    yard: Yard, desk: Desk, accepted: set[UUID], corrected: Mapping[tuple[str, int], int]
) -> None:
    """When faults have stopped: every paper is there, whole, and tied to the event that was chosen last."""
    _hold(set(desk.sealed) == set(desk.papers), "sealed: not every paper")
    for paper in desk.papers.values():
        if paper.id not in accepted:
            _CHECKS[paper.kind](yard, paper)
        _check_tie(yard, paper, corrected)


def _check_tie(yard: Yard, paper: Paper, corrected: Mapping[tuple[str, int], int]) -> None:
    found = record_of(yard, paper)
    if found is None:
        return
    resource, field, row = found
    chosen = int(paper.later["change_event"]) if paper.later else None
    wanted = corrected.get((resource, row["id"]), chosen)
    _hold(row[field] == wanted, f"tied to another event: {paper.number} to {row[field]} instead of {wanted}")


def record_of(yard: Yard, paper: Paper) -> tuple[str, str, dict[str, Any]] | None:
    """Return the record that a paper has become: its resource, what names its event, its fields."""
    for kind, resource, key, field in (
        ("tm_ticket", "time_and_material_entries", "reference_number", "change_event_id"),
        ("change_order_request", "potential_change_orders", "origin_id", "prime_change_event_id"),
    ):
        for row in yard.rows(resource) if paper.kind == kind else ():
            if row.get(key) == paper.origin:
                return resource, field, row
    return None


def check_receipts(yard: Yard, receipts: list[tuple[Any, ...]], papers: list[Paper]) -> None:
    """Each receipt is of what is there, and of nothing that another one is of; nothing else was made."""
    ids = {str(row["id"]) for name in _ALL for row in yard.rows(name)}
    for document_id, name, kind, vendor_id in receipts:
        _hold(vendor_id in ids, f"receipt of {kind} {name} of {document_id} points at {vendor_id}")
    made = [(kind, vendor_id) for _, _, kind, vendor_id in receipts if kind not in _TIES]
    _once("receipts", made)
    sent = sum(paper.kind == "tm_ticket" for paper in papers)
    ours = [
        row
        for row in yard.rows("time_and_material_entries")
        if row["reference_number"].startswith("tiebeam:")
    ]
    _hold(len(ours) == sent, "entries: another number than tickets")


_TIES = (
    "tm_change_event",
    "change_order_event",
    "change_order_into_request",
    "change_order_into_package",
)
"""What changes a record that another step has made."""


def delete_stale_lines(yard: Yard, paper: Paper) -> None:
    """Do as the sentence says: delete the lines of an order that are not its own any more."""
    wanted = {
        f"{paper.origin}:{kind}:{number}"
        for kind, name in (("line", "lines"), ("markup", "markups"))
        for number in range(1, 1 + len(paper.body[name]))
    }
    for row in yard.rows("potential_change_order_line_items"):
        if str(row["origin_id"]).startswith(paper.origin) and row["origin_id"] not in wanted:
            yard.state.delete("potential_change_order_line_items", row["id"])


def delete_lines(yard: Yard, paper: Paper, not_done: set[str]) -> None:
    """Do as the sentence says: delete the lines of which there are some and not all."""
    found = record_of(yard, paper)
    for part, resource in LINES.items():
        for row in yard.rows(resource) if found and part in not_done else ():
            if found and row["time_and_material_entry_id"] == found[2]["id"]:
                yard.state.delete(resource, row["id"])


_ALL = (
    "time_and_material_entries",
    *LINES.values(),
    FILES,
    "potential_change_orders",
    "potential_change_order_line_items",
    "change_order_packages",
    "change_order_requests",
    "documents",
    "images",
    *LOGS,
)


def _check_ticket(yard: Yard, paper: Paper) -> None:
    (entry,) = [
        row for row in yard.rows("time_and_material_entries") if row.get("reference_number") == paper.origin
    ]
    for part, resource in LINES.items():
        mine = [row for row in yard.rows(resource) if row["time_and_material_entry_id"] == entry["id"]]
        _hold(len(mine) == len(paper.body[part]), f"{part} of {paper.number}: {len(mine)}")
    hung = [row for row in yard.rows(FILES) if row["time_and_material_entry_id"] == entry["id"]]
    held = [_sha256(yard, str(row["id"])) for row in hung]
    _hold(sorted(held) == _wanted(paper), f"files of {paper.number}: {hung}")


def _check_order(yard: Yard, paper: Paper) -> None:
    (order,) = [row for row in yard.rows("potential_change_orders") if row.get("origin_id") == paper.origin]
    lines = yard.state.rows("potential_change_order_line_items", parent_id=order["id"])
    wanted = len(paper.body["lines"]) + len(paper.body["markups"])
    _hold(len(lines) == wanted, f"lines of {paper.number}: {len(lines)} of {wanted}")
    _hold(paper.body["lines"] != [] or order["grand_total"] == "0.00", f"total of {paper.number}")
    files = [
        *(
            (row["name"], f"documents/{row['file']['current_version']['id']}")
            for row in yard.rows("documents")
        ),
        *((row["filename"], f"images/{row['id']}") for row in yard.rows("images")),
    ]
    held = [
        _sha256(yard, place)
        for name, place in files
        if name in {file_name(paper, one) for one in paper.attachments}
    ]
    _hold(sorted(held) == _wanted(paper), f"files of {paper.number}: {files}")


def _check_report(yard: Yard, paper: Paper) -> None:
    for part, resource in _PARTS.items():
        words = _WORDS.get(resource, "comments")
        marks = {mark(paper, f"{part}-{number}") for number in range(1, 9)}
        mine = [row for row in yard.rows(resource) if any(one in row[words] for one in marks)]
        _hold(len(mine) == len(paper.body[part]), f"{part} of {paper.number}: {len(mine)}")


def _sha256(yard: Yard, place: str) -> str:
    """Return the hash of what a record holds."""
    return hashlib.sha256(yard.bytes_of(place)).hexdigest()


def _wanted(paper: Paper) -> list[str]:
    return sorted(one.sha256 for one in paper.attachments)


_CHECKS = {"tm_ticket": _check_ticket, "change_order_request": _check_order, "daily_report": _check_report}
