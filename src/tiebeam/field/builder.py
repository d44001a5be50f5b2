"""A change order request made from tickets: their rows as lines, their photos beside them. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tiebeam.field.model import Kind
from tiebeam.field.rules import NotPossibleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.field.model import Document


def request_from(tickets: Sequence[Document], title: str) -> dict[str, Any]:
    """Return the body of a request for what tickets tell of; a row without a rate costs 0 until priced.

    Raises NotPossibleError for no ticket at all, for other documents and for tickets of several projects.
    """
    if not tickets or any(one.kind is not Kind.TM_TICKET for one in tickets):
        raise NotPossibleError(
            "A change order request is made from T&M tickets.",
            action="Choose at least one, and nothing else.",
        )
    if len({one.project_id for one in tickets}) > 1:
        raise NotPossibleError(
            "These tickets are of several projects.", action="Make one change order request for each."
        )
    events = {one.body["change_event"] for one in tickets} - {None}
    photos = [photo for one in tickets for photo in one.body["photos"]]
    return {
        "title": title,
        "description": "\n\n".join(f"{one.number}: {one.body['description']}" for one in tickets)[:10_000],
        "change_event": events.pop() if len(events) == 1 else None,
        "lines": [line for one in tickets for line in _lines(one)],
        "tickets": [str(one.id) for one in tickets],
        "photos": list(dict.fromkeys(photos)),
    }


def unpriced(body: dict[str, Any]) -> int:
    """Return how many lines of a request cost nothing, and so wait for a price."""
    return sum(not Decimal(one["unit_cost"]) for one in body["lines"])


def _lines(ticket: Document) -> list[dict[str, Any]]:
    body = ticket.body
    rows = [
        *(("labour", _worker(one), one["hours"], "hours", one["rate"]) for one in body["labour"]),
        *(
            ("material", one["name"], one["quantity"], one["unit"], one["unit_cost"])
            for one in body["materials"]
        ),
        *(("equipment", one["name"], one["quantity"], one["unit"], one["rate"]) for one in body["equipment"]),
    ]
    return [
        {
            "kind": kind,
            "description": f"{ticket.number} {what}"[:200],
            "quantity": quantity,
            "unit": unit,
            "unit_cost": price or "0",
            "cost_code": body["cost_code"],
        }
        for kind, what, quantity, unit, price in rows
    ]


def _worker(row: dict[str, Any]) -> str:
    told = (row["worker"], row["trade"], None if row["time_type"] == "regular" else row["time_type"])
    return ", ".join(filter(None, told))
