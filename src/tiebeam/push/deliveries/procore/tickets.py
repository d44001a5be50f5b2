"""A T&M ticket as steps: into the T&M tool, or as a document where the tool is off."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tiebeam.connectors.procore.writes import tickets
from tiebeam.push.deliveries.procore.amounts import whole
from tiebeam.push.deliveries.procore.facts import TICKETS_TOOL, folded
from tiebeam.push.deliveries.procore.steps import (
    Made,
    documents,
    images,
    papers_of,
    photos_of,
    receipt,
    step,
)
from tiebeam.push.deliveries.procore.words import ticket_description, title
from tiebeam.push.model import Steps, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tiebeam.connectors.procore.writes.plan import Write
    from tiebeam.push.deliveries.procore.facts import Facts
    from tiebeam.push.model import Paper, Plan, PlannedStep

ENTRY = "entry"


def plan_ticket(paper: Paper, facts: Facts) -> Plan:
    """Return the steps of a ticket. Waiting: only its paper can be sent, and that is not made yet."""
    if facts.choices.tickets == "documents" or TICKETS_TOOL in facts.tools_off:
        return _as_documents(paper, facts)
    # The paper after all that may be refused: once it is there, an edit would make it another paper.
    return Steps((_entry(paper), *_lines(paper, facts), *_event(paper), *_files(paper)))


def _as_documents(paper: Paper, facts: Facts) -> Plan:
    """The paper says everything, so it alone is enough; photos go into the album beside it."""
    if not papers_of(paper):
        return Waiting("Its PDF is still being made; without the T&M tool that is all that can be sent.")
    said = title(paper, str(paper.body.get("description") or ""))
    return Steps((*documents(paper, facts.choices, said), *images(paper, facts.choices, said)))


def _entry(paper: Paper) -> PlannedStep:
    body = paper.body
    fields = {
        "name": title(paper, str(body.get("description") or "")),
        "reference_number": paper.origin,
        "description": ticket_description(body, [one.name for one in papers_of(paper)]),
        "work_performed_on_date": body["work_date"],
    }
    return step(ENTRY, Made.ENTRY, tickets.entry(paper.project, fields))


def _lines(paper: Paper, facts: Facts) -> Iterator[PlannedStep]:
    body = paper.body
    for made, kind, rows in (
        (Made.LABOUR, tickets.LABOUR, [_timecard(row, facts) for row in body.get("labour") or ()]),
        (Made.MATERIALS, tickets.MATERIALS, [_material(row) for row in body.get("materials") or ()]),
        (Made.EQUIPMENT, tickets.EQUIPMENT, [_equipment(row) for row in body.get("equipment") or ()]),
    ):
        if rows:
            name = made.value.removeprefix("tm_")
            yield step(name, made, _hung(paper, kind, rows), needs=ENTRY)


def _hung(paper: Paper, kind: str, rows: Sequence[Mapping[str, Any]]) -> Write:
    return tickets.lines(paper.project, kind, receipt(ENTRY), rows)


def _timecard(row: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Procore has no words for a worker: who is no login of theirs is named in the entry's description."""
    found = {
        "login_information_id": facts.people.get(folded(row["worker"])),
        "work_classification_id": facts.classifications.get(folded(row.get("trade") or "")),
        "timecard_time_type_id": _time_type(row, facts),
    }
    known = {name: value for name, value in found.items() if value is not None}
    return {**known, "hours_worked": float(Decimal(row["hours"]))}


def _time_type(row: Mapping[str, Any], facts: Facts) -> int | None:
    """Return Procore's type for a kind of time, as chosen, else by its name; words alone say one without."""
    kind = row.get("time_type") or "regular"
    return facts.choices.time_types.get(kind) or facts.time_types.get(kind)


def _material(row: Mapping[str, Any]) -> dict[str, Any]:
    quantity = float(Decimal(row["quantity"]))
    return {"name": row["name"], "uom": row.get("unit") or "", "quantity": quantity}


def _equipment(row: Mapping[str, Any]) -> dict[str, Any]:
    counted = whole(Decimal(row["quantity"]), row.get("unit") or "")
    return {"description": row["name"], "uom": counted.unit, "quantity": counted.quantity}


def _files(paper: Paper) -> Iterator[PlannedStep]:
    write = tickets.attachment(paper.project, receipt(ENTRY))
    for number, file in enumerate(papers_of(paper), 1):
        yield step(f"paper-{number}", Made.ATTACHMENT, write, needs=ENTRY, file=file)
    for file in photos_of(paper):
        name = f"photo-{file.attachment.id}"
        yield step(name, Made.ATTACHMENT, write, needs=ENTRY, file=file, best_effort=True)


def _event(paper: Paper) -> Iterator[PlannedStep]:
    event = paper.body.get("change_event")
    if event:
        write = tickets.link(paper.project, receipt(ENTRY), event)
        yield step("change-event", Made.CHANGE_EVENT, write, needs=ENTRY)
    else:
        yield from later_event(paper)


def later_event(paper: Paper) -> Iterator[PlannedStep]:
    """Return what ties a ticket to the change event chosen beside it, each choice a step of its own."""
    event = paper.later.get("change_event")
    if event:
        write = tickets.link(paper.project, receipt(ENTRY), event)
        yield step(f"change-event-{event}", Made.CHANGE_EVENT, write, needs=ENTRY)
