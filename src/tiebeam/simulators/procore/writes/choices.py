"""What a writer may choose from where no table holds the choices: whatever the records already name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.procore.state import ProcoreState

Choice = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """Where choices show: a field of a resource's records. `first` is what a company without any has."""

    resource: str
    field: str
    first: tuple[Choice, ...] = ()


_STATUSES = (("Open", "open"), ("Pending", "pending"), ("Closed", "closed"))
SOURCES: dict[str, Source] = {
    "observation_type": Source(
        "observations",
        "type",
        tuple(
            {"id": 8601 + n, "name": name, "category": name, "active": True}
            for n, name in enumerate(("Quality", "Safety", "Commissioning", "Warranty", "Work to Complete"))
        ),
    ),
    "event_status": Source(
        "change_events",
        "status",
        tuple(
            {"id": 8651 + n, "name": name, "mapped_to_status": mapped}
            for n, (name, mapped) in enumerate(_STATUSES)
        ),
    ),
    "event_type": Source(
        "change_events", "change_type", ({"id": 8661, "name": "TBD", "abbreviation": "TBD"},)
    ),
    "event_reason": Source(
        "change_events", "change_reason", ({"id": 8671, "change_reason": "Client Request"},)
    ),
    "trade": Source("vendors", "trades", ({"id": 8681, "name": "General", "active": True},)),
    "line_item_type": Source(
        "cost_codes",
        "line_item_types",
        ({"id": 8691, "name": "Labor", "code": "L", "base_type": "other"},),
    ),
    "time_type": Source(
        "timecard_entries",
        "timecard_time_type",
        ({"id": 8695, "time_type": "Regular Time", "abbreviated_time_type": "RT", "global": True},),
    ),
}


def choices(state: ProcoreState, kind: str) -> list[Choice]:
    """Every choice of a kind of `SOURCES`, each once, by id."""
    source = SOURCES[kind]
    found = {choice["id"]: choice for choice in _named(state, source) if choice.get("name", True) is not None}
    return [found[each] for each in sorted(found)] or [dict(choice) for choice in source.first]


def _named(state: ProcoreState, source: Source) -> Iterator[Choice]:
    for row in state.tables[source.resource].everything:
        held = row.fields.get(source.field)
        for choice in held if isinstance(held, list) else [held]:
            if isinstance(choice, dict) and isinstance(choice.get("id"), int):
                yield choice
