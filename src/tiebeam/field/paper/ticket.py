"""A time and materials ticket on paper. The rates are here: Procore's own tickets have no place for them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tiebeam.field.paper.parts import add_photos, add_signature, amount_of, begun, given, money
from tiebeam.field.rules import totals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiebeam.field.paper.parts import Contents
    from tiebeam.paper.sheet import Sheet

_TIME: Final = {"regular": "Regular", "overtime": "Overtime", "double": "Double time"}


def ticket_paper(contents: Contents) -> bytes:
    """Return a ticket as a PDF."""
    body, sheet = contents.body, begun(contents)
    sheet.facts(
        given(
            ("Date of the work", body["work_date"]),
            ("Cost code", body["cost_code"]),
            ("Change event", body["change_event"] or "none yet"),
        )
    )
    sheet.heading("Work done")
    sheet.text(body["description"] or "Nothing was written down.")
    _add_labour(sheet, body["labour"])
    _add_things(sheet, "Materials", body["materials"], "unit_cost")
    _add_things(sheet, "Equipment", body["equipment"], "rate")
    _add_totals(sheet, contents)
    if body["notes"]:
        sheet.heading("Notes")
        sheet.text(body["notes"])
    add_signature(sheet, contents, body["signature"])
    add_photos(sheet, contents, body["photos"])
    return sheet.made()


def _add_labour(sheet: Sheet, lines: Sequence[Mapping[str, Any]]) -> None:
    if not lines:
        return
    sheet.heading("Labour")
    rows = [
        (
            one["worker"],
            one["trade"] or "",
            _TIME[one["time_type"]],
            one["hours"],
            money(one["rate"]),
            amount_of(one["hours"], one["rate"]),
        )
        for one in lines
    ]
    hours = sum((Decimal(one["hours"]) for one in lines), Decimal(0))
    heads = ("Worker", "Trade", "Time", "Hours", "Rate", "Amount")
    total = ("Hours together", "", "", str(hours), "", "")
    sheet.table(heads, [*rows, total], [0.28, 0.2, 0.14, 0.1, 0.12, 0.16], numbers={3, 4, 5}, totals=1)


def _add_things(sheet: Sheet, title: str, lines: Sequence[Mapping[str, Any]], price: str) -> None:
    if not lines:
        return
    sheet.heading(title)
    rows = [
        (
            one["name"],
            one["unit"],
            one["quantity"],
            money(one[price]),
            amount_of(one["quantity"], one[price]),
        )
        for one in lines
    ]
    heads = ("What", "Unit", "Quantity", "Each", "Amount")
    sheet.table(heads, rows, [0.44, 0.14, 0.14, 0.12, 0.16], numbers={2, 3, 4})


def _add_totals(sheet: Sheet, contents: Contents) -> None:
    found = totals(contents.document.kind, contents.body)
    if found is None:
        return
    sheet.heading("Total")
    groups = (("Labour", found.labour), ("Materials", found.materials), ("Equipment", found.equipment))
    rows = [(name, money(amount)) for name, amount in groups]
    sheet.table(("", "Amount"), [*rows, ("Total", money(found.total))], [0.84, 0.16], numbers={1}, totals=1)
    if found.unpriced:
        lines = "line has" if found.unpriced == 1 else "lines have"
        sheet.text(f"{found.unpriced} {lines} no rate and no part in the total.")
