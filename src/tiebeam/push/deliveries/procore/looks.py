"""How what each step makes is found again, so that nothing is made twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.connectors.ports import Refusal
from tiebeam.connectors.procore.writes import finding, tickets
from tiebeam.push.deliveries.procore.catalogue import LINES_IN_PART, LINES_STALE, rejected
from tiebeam.push.deliveries.procore.steps import Made, write_of
from tiebeam.push.deliveries.procore.words import mark

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tiebeam.connectors.procore.writes.writer import ProcoreWriter, Row
    from tiebeam.push.model import Paper, PlannedStep

Found = list[dict[str, Any]] | Refusal | None
_LINES = {Made.LABOUR: tickets.LABOUR, Made.MATERIALS: tickets.MATERIALS, Made.EQUIPMENT: tickets.EQUIPMENT}


async def find(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    """Return the records that a step makes if they are there, None when they are not.

    None too for what can be made again without harm. Raises RejectedError for a part of them.
    """
    return await _FINDERS[Made(step.kind)](writer, step, paper)


async def _entry(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    reference = step.payload["body"]["time_and_material_entry"]["reference_number"]
    return _single(await finding.find_entry(writer, paper.project, reference))


async def _lines(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    (sent,) = write_of(step.payload).body.values()
    entry_id = str(sent[0]["time_and_material_entry_id"])
    made = Made(step.kind)
    found = await finding.ticket_lines(writer, paper.project, _LINES[made], entry_id, len(sent))
    if isinstance(found, Refusal) or not found:
        return found or None
    if len(found) < len(sent):
        what = made.value.removeprefix("tm_")
        cause = f"Procore holds {len(found)} of the {len(sent)} lines of {what} of {paper.number}, not all."
        raise rejected(LINES_IN_PART, paper, cause, field=what)
    return found


async def _attachment(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    entry_id = str(write_of(step.payload).body["time_and_material_entry_id"])
    name = step.payload["file"]["name"]
    return _single(await finding.find_attachment(writer, paper.project, entry_id, name))


async def _order(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    origin = step.payload["body"]["updates"][0]["origin_id"]
    return _single(await finding.find_order(writer, paper.project, origin))


async def _order_lines(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    """All of them or none: those that are there already are found again by the sync itself.

    A line that a sync took, which refused others, and that is wanted no more would be money too much.
    """
    wanted = {update["origin_id"] for update in step.payload["body"]["updates"]}
    order_id = str(step.payload["path"][1])
    found = await finding.order_lines(writer, paper.project, order_id, paper.origin)
    if isinstance(found, Refusal):
        return found
    stale = [str(row.get("description")) for row in found if row["origin_id"] not in wanted]
    if stale:
        cause = f"Procore holds lines of an older version of {paper.number}: {', '.join(stale)}."
        raise rejected(LINES_STALE, paper, cause, field="lines")
    return found if len(found) == len(wanted) else None


async def _package(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    origin = step.payload["body"]["change_order"]["origin_id"]
    return _single(await finding.find_package(writer, paper.project, origin))


async def _package_order(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    """It is ours once it has our origin id."""
    origin = step.payload["body"]["change_order"]["origin_id"]
    return _single(await finding.find_order(writer, paper.project, origin))


async def _into_request(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    wanted = write_of(step.payload).body["change_order"]["change_order_request_id"]
    found = await finding.show_order(writer, paper.project, str(step.payload["path"][1]))
    if isinstance(found, Refusal):
        return found
    return [found] if found.get("change_order_request_id") == wanted else None


async def _order_event(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    """An order shows its change event, unlike a ticket."""
    wanted = step.payload["body"]["change_order"]["prime_change_event_id"]
    found = await finding.show_order(writer, paper.project, str(step.payload["path"][1]))
    if isinstance(found, Refusal):
        return found
    return [found] if found.get("prime_change_event_id") == wanted else None


async def _document(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    file = write_of(step.payload).body["file"]
    folder_id = str(file["parent_id"]) if file["parent_id"] else None
    return _single(await finding.find_document(writer, paper.project, folder_id, file["name"]))


async def _image(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    album_id = step.payload["body"]["image"].get("image_category_id")
    name = step.payload["file"]["name"]
    return _single(await finding.find_image(writer, paper.project, name, str(album_id) if album_id else None))


async def _log(writer: ProcoreWriter, step: PlannedStep, paper: Paper) -> Found:
    kind = step.payload["path"].rpartition("/")[2]
    (log,) = step.payload["body"].values()
    found = await finding.find_log(writer, paper.project, kind, log["date"], mark(paper, step.name))
    return _single(found)


async def _again(_writer: ProcoreWriter, _step: PlannedStep, _paper: Paper) -> Found:
    """Doing the same again changes nothing: a ticket's change event, an order's package, a sync."""
    return None


def _single(found: Row | Refusal | None) -> Found:
    return [found] if isinstance(found, dict) else found


_FINDERS: Mapping[Made, Callable[[ProcoreWriter, PlannedStep, Paper], Awaitable[Found]]] = {
    Made.ENTRY: _entry,
    Made.LABOUR: _lines,
    Made.MATERIALS: _lines,
    Made.EQUIPMENT: _lines,
    Made.ATTACHMENT: _attachment,
    Made.CHANGE_EVENT: _again,
    Made.ORDER: _order,
    Made.ORDER_LINES: _order_lines,
    Made.ORDER_EVENT: _order_event,
    Made.PACKAGE: _package,
    Made.PACKAGE_ORDER: _package_order,
    Made.REQUEST: _again,
    Made.INTO_REQUEST: _into_request,
    Made.INTO_PACKAGE: _again,
    Made.DOCUMENT: _document,
    Made.IMAGE: _image,
    Made.LOG: _log,
}
