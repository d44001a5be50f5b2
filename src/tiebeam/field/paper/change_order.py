"""A change order request on paper: its lines, its mark-ups one upon the other, and what it comes to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tiebeam.field.paper.parts import add_photos, amount_of, begun, given, money
from tiebeam.field.rules import totals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiebeam.field.paper.parts import Contents
    from tiebeam.paper.sheet import Sheet

_GROUPS: Final = {"labour": "Labour", "material": "Material", "equipment": "Equipment", "other": "Other"}
_WIDTHS: Final = (0.13, 0.33, 0.14, 0.1, 0.08, 0.1, 0.12)


def change_order_paper(contents: Contents) -> bytes:
    """Return a change order request as a PDF."""
    body, sheet = contents.body, begun(contents)
    sheet.heading(body["title"])
    days = body["schedule_days"]
    sheet.facts(
        given(
            ("Reason", body["reason"]),
            ("Contract", body["contract"]),
            ("Change event", body["change_event"] or "none yet"),
            ("Schedule", None if days is None else f"{days:+} days" if days else "no effect"),
            ("From tickets", ", ".join(contents.tickets.get(UUID(one), one) for one in body["tickets"])),
        )
    )
    if body["description"]:
        sheet.heading("Description")
        sheet.text(body["description"])
    _add_lines(sheet, contents)
    add_photos(sheet, contents, body["photos"])
    return sheet.made()


def _add_lines(sheet: Sheet, contents: Contents) -> None:
    found = totals(contents.document.kind, contents.body)
    assert found is not None
    sheet.heading("Cost")
    lines = [_line(one) for one in contents.body["lines"]]
    sums = found.labour + found.materials + found.equipment + found.other
    below = [("Lines together", sums)]
    percents = [one["percent"] for one in contents.body["markups"]]
    below += [
        (f"{name}, {Decimal(percent):f} %", amount)
        for (name, amount), percent in zip(found.markups, percents, strict=True)
    ]
    below.append(("Total", found.total))
    rows = [*lines, *(("", name, "", "", "", "", money(amount)) for name, amount in below)]
    heads = ("Kind", "What", "Cost code", "Quantity", "Unit", "Each", "Amount")
    sheet.table(heads, rows, _WIDTHS, numbers={3, 5, 6}, totals=len(below))
    if percents:
        sheet.text("Each mark-up is on the lines and on the mark-ups above it.")


def _line(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        _GROUPS[one["kind"]],
        one["description"],
        one["cost_code"] or "",
        one["quantity"],
        one["unit"],
        money(one["unit_cost"]),
        amount_of(one["quantity"], one["unit_cost"]),
    )
