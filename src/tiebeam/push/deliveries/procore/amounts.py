"""Numbers in the forms that Procore takes them in, none of them changed on the way."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CENT = Decimal("0.01")
_HOURS = frozenset({"h", "hr", "hrs", "hour", "hours"})


@dataclass(frozen=True, slots=True)
class Counted:
    """A whole number of something."""

    quantity: int
    unit: str


def whole(quantity: Decimal, unit: str) -> Counted:
    """Return a quantity as a whole number, since equipment on a ticket knows no other, and mean the same.

    Hours become minutes. What still is no whole number becomes one of that much: 1 of `2.5 day`.
    """
    if quantity == quantity.to_integral_value():
        return Counted(int(quantity), unit)
    minutes = quantity * 60
    if unit.strip().casefold() in _HOURS and minutes == minutes.to_integral_value():
        return Counted(int(minutes), "minutes")
    return Counted(1, f"{format(quantity.normalize(), 'f')} {unit}".strip())


def line_amount(line: Mapping[str, Any]) -> Decimal:
    """Return what a line of a change order request costs, to the cent."""
    return _cents(Decimal(str(line["quantity"])) * Decimal(str(line["unit_cost"])))


def markup_amounts(lines: Sequence[Mapping[str, Any]], markups: Sequence[Mapping[str, Any]]) -> list[Decimal]:
    """Return what each mark-up adds, on the lines and on the mark-ups before it, to the cent."""
    running = sum((line_amount(line) for line in lines), Decimal(0))
    added = []
    for markup in markups:
        amount = _cents(running * Decimal(str(markup["percent"])) / 100)
        added.append(amount)
        running += amount
    return added


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_EVEN)
