"""A job, and its project as its paperwork sees it: who works there and what is there already."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from itertools import count
    from random import Random

    from tiebeam.simulators.company.cast import Firm, Person
    from tiebeam.simulators.company.trades import Trade
    from tiebeam.simulators.procore.state import ProcoreState

Fields = dict[str, Any]


@dataclass(slots=True, eq=False)
class Job:
    """What every system of the contractor knows of a job. `crew_sizes` are usual workers a day by trade."""

    project_id: int
    number: str
    name: str
    owner: Firm
    estimator: Person
    project_manager: Person
    superintendent: Person
    contract_value: Decimal
    first_day: date
    finish_day: date
    time_zone: str
    offset_hours: int
    crew_sizes: dict[str, int]
    active: bool = True


@dataclass(slots=True, eq=False)
class Site:
    """One project's cast and the records that others refer to.

    The dictionaries are references as other records show them, shared between records and never changed.
    `phases` are tasks of the classic schedule, `summaries` activities of the new one; `mix` says how much of
    each kind of paper is made here, `weight` how much happens here compared with other sites.
    `sub_ids` numbers what has no list of its own: questions, attachments, line items. `waiting` holds ids of
    papers that another is to be made of: priced from, requested with, packaged with.
    """

    state: ProcoreState
    job: Job
    sub_ids: count[int]
    staff: list[Person]
    designers: list[Person]
    firms: list[Firm]
    locations: list[Fields]
    cost_codes: dict[str, Fields]
    wbs_codes: dict[str, Fields]
    sections: list[tuple[Trade, Fields]] = field(default_factory=list)
    divisions: dict[str, Fields] = field(default_factory=dict)
    packages: list[Fields] = field(default_factory=list)
    phases: list[Fields] = field(default_factory=list)
    summaries: list[Fields] = field(default_factory=list)
    disciplines: list[Fields] = field(default_factory=list)
    areas: list[Fields] = field(default_factory=list)
    drawing_sets: list[Fields] = field(default_factory=list)
    categories: list[Fields] = field(default_factory=list)
    folders: list[Fields] = field(default_factory=list)
    headers: dict[str, int] = field(default_factory=dict)
    contract: Fields = field(default_factory=dict)
    mix: dict[str, float] = field(default_factory=dict)
    weight: float = 1.0
    numbers: Counter[str] = field(default_factory=Counter)
    waiting: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def project_id(self) -> int:
        """The project's id."""
        return self.job.project_id

    @property
    def members(self) -> list[Person]:
        """Everybody named on this project who can log in."""
        return [*self.staff, *self.designers, *(firm.people[0] for firm in self.firms)]

    def insert(
        self, resource: str, fields: Fields, at: datetime, parent_id: int | str | None = None
    ) -> Fields:
        """Add a record to this project as it was made at a moment."""
        return self.state.insert(resource, fields, project_id=self.project_id, parent_id=parent_id, at=at)

    def number(self, kind: str) -> int:
        """The next number of a kind of paper here."""
        self.numbers[kind] += 1
        return self.numbers[kind]

    def sub_id(self) -> int:
        """An id for something inside a record."""
        return next(self.sub_ids)

    def firm(self, rng: Random) -> Firm:
        """A subcontractor of this project; the first ones have more to do."""
        return self.firms[int(len(self.firms) * rng.random() ** 1.6)]

    def staff_ref(self, rng: Random) -> Fields:
        """Somebody of ours."""
        return rng.choice(self.staff).ref

    def designer_ref(self, rng: Random) -> Fields:
        """Somebody of the architect's or the owner's."""
        return rng.choice(self.designers).ref

    def location(self, rng: Random) -> Fields | None:
        """Where, if it was said."""
        return rng.choice(self.locations) if rng.random() < 0.7 else None

    def section(self, rng: Random, trade: Trade | None = None) -> Fields | None:
        """A specification section of the trade, or of any, or none where there are none."""
        fitting = [ref for owner, ref in self.sections if trade is None or owner is trade]
        return rng.choice(fitting) if fitting else None

    def attachments(self, rng: Random, stem: str, share: float = 0.3, ending: str = "pdf") -> list[Fields]:
        """No file for most records, else one to three."""
        if rng.random() >= share:
            return []
        return [
            {"id": self.sub_id(), "name": f"{stem}-{index}.{ending}", "filename": f"{stem}-{index}.{ending}"}
            for index in range(1, 1 + min(3, int(rng.expovariate(0.9)) + 1))
        ]

    def local(self, moment: datetime) -> datetime:
        """A moment as the clock on this site shows it (the zone is still called UTC)."""
        return moment + timedelta(hours=self.job.offset_hours)


def refs(people: Sequence[Person]) -> list[Fields]:
    """People inside another record."""
    return [person.ref for person in people]


def rich(text: str) -> str:
    """A plain text as the editor would have written it."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<p>{escaped}</p>"
