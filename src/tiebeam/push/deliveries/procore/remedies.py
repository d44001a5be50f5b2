"""What can be chosen in Procore in the place of what a paper names wrongly, or not at all. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.push.remedies import Option, Remedy

if TYPE_CHECKING:
    from tiebeam.push.deliveries.procore.facts import Facts


def remedy(field: str, facts: Facts) -> Remedy | None:
    """Return what may stand at a place of a paper's body; None for a place at which nothing is chosen."""
    match field.rpartition(".")[2]:
        case "contract":
            found = [Option(str(one.id), one.title or str(one.id)) for one in facts.contracts or ()]
            return Remedy(field, "Prime contract", tuple(found))
        case "change_event":
            events = (facts.change_events or {}).items()
            found = [Option(key, title or key) for key, title in events]
            return Remedy(field, "Change event", tuple(found), may_be_none=True)
        case "cost_code":
            return Remedy(field, "Cost code", tuple(_codes(facts)), may_be_none=True)
        case _:
            return None


def _codes(facts: Facts) -> list[Option]:
    codes = (facts.cost_codes or {}).items()
    return [Option(code, f"{code} {one.name}") for code, one in codes if one.budgeted is not False]
