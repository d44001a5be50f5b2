"""What is known of a project in Procore beforehand: out of our copy, and of the tenant's choices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

TICKETS_TOOL = "time_and_materials"


@dataclass(frozen=True, slots=True)
class CostCode:
    """A cost code of a project. `budgeted` None: Procore does not say."""

    id: int
    name: str
    budgeted: bool | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A prime contract, under which change orders are made."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """A change event of a project, as people choose it."""

    id: str
    number: str
    title: str
    status: str


LOGS: Mapping[str, str] = {
    "weather": "weather_logs",
    "crew": "manpower_logs",
    "work": "work_logs",
    "delays": "delay_logs",
    "notes": "notes_logs",
}
"""Into which kind of log each part of a daily report goes, unless the tenant has chosen another."""


ORDER_STATUSES = ("draft", "pending", "pricing", "not_pricing", "proceeding", "approved")


TIME_TYPES = ("regular", "overtime", "double")
TIERS_MAX = 3


@dataclass(frozen=True, slots=True)
class Choices:
    """How a tenant wants its papers in Procore."""

    tickets: Literal["tool", "documents"] = "tool"
    """Into the T&M tool, or as PDF documents alone."""
    album_id: int | None = None
    folder_id: int | None = None
    """Where documents go; None is the first folder of all."""
    order_status: str = "pending"
    """Of a new potential change order; one of `ORDER_STATUSES`."""
    logs: Mapping[str, str | None] = field(default_factory=lambda: dict(LOGS))
    """None: the part is not sent."""
    order_tiers: int = TIERS_MAX
    """Of projects whose copy holds no change order to tell by."""
    orders_grouped: bool = False
    """Put each order into a request (three tiers) or a package (two) of its own."""
    time_types: Mapping[str, int | None] = field(default_factory=dict)
    """Procore's id of each of `TIME_TYPES`; None is known by its name, if at all."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one project. None stands for a list that our copy does not have: it checks nothing."""

    tools_off: frozenset[str] = frozenset()
    cost_codes: Mapping[str, CostCode] | None = None
    """By each way a code is written."""
    contracts: tuple[Contract, ...] | None = None
    change_events: Mapping[str, str] | None = None
    """Their titles by id."""
    people: Mapping[str, int] = field(default_factory=dict)
    """The login of each person, by `folded` name; nobody whose name is another's too."""
    companies: Mapping[str, int] = field(default_factory=dict)
    classifications: Mapping[str, int] = field(default_factory=dict)
    time_types: Mapping[str, int] = field(default_factory=dict)
    """By our own words: regular, overtime, double; those that the copy names."""
    order_tiers: int | None = None
    """How many tiers the project's change orders have; None: it has none yet that tells."""
    line_item_types: Mapping[str, int] = field(default_factory=dict)
    """By our own words: labour, material, equipment, other."""
    choices: Choices = field(default_factory=Choices)


class FactsSource(Protocol):
    """Where facts come from."""

    async def facts(self, project: str) -> Facts:
        """Return what is known of a project now, asking nobody outside."""
        ...


def folded(name: str) -> str:
    """Return a name as names are compared: without regard to case and spacing."""
    return " ".join(name.casefold().split())
