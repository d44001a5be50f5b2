"""Building the make-believe contractor: its directory, its projects and their past."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from tiebeam.simulators.company import (
    correspondence,
    daily,
    drawings,
    media,
    money,
    paper,
    schedule,
    specs,
)
from tiebeam.simulators.company.awkward import roughen
from tiebeam.simulators.company.cast import Hiring
from tiebeam.simulators.company.company import Company
from tiebeam.simulators.company.founding import Founder
from tiebeam.simulators.company.life import Life
from tiebeam.simulators.company.logs import MAKERS
from tiebeam.simulators.company.moments import (
    at_midnight,
    moment_between,
    moment_on,
    workdays,
)
from tiebeam.simulators.company.plan import plan_projects

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.simulators.company.plan import ProjectPlan
    from tiebeam.simulators.company.site import Site
    from tiebeam.simulators.company.size import Size
    from tiebeam.simulators.procore.state import ProcoreState

# Beyond 32 bits, and beyond every id that a resource of the simulator starts from.
_FIRST_SUB_ID = 2**50 + 1


def build_company(
    state: ProcoreState,
    *,
    seed: int,
    size: Size,
    start: datetime,
    life: Life | None = None,
    forbidden_projects: int = 0,
) -> Company:
    """Fill an empty state with a company whose past ends at `start` (aware).

    The same seed, size and start give the same company. The service account is not let into
    `forbidden_projects` of the active projects. Raises ValueError for a naive `start`.
    """
    if start.tzinfo is None:
        raise ValueError("the company needs an aware start: give it a tzinfo, such as UTC")
    rng = Random(f"company:{seed}")
    _incorporate(state, start)
    cast = Hiring(state, rng, start).cast(size.projects)
    founder = Founder(state, cast, itertools.count(_FIRST_SUB_ID), start)
    sites = []
    for plan in plan_projects(size, rng, start.date()):
        own_rng = Random(f"company:{seed}:project:{plan.index}")
        site = founder.open(plan, own_rng)
        _Past(site, plan, own_rng, start).write()
        sites.append(site)
    roughen(state, Random(f"company:{seed}:awkward"))
    _forbid(state, sites, forbidden_projects)
    return Company(
        state=state, seed=seed, size=size, start=start, cast=cast, sites=sites, life=life or Life()
    )


def _incorporate(state: ProcoreState, start: datetime) -> None:
    founded = start - timedelta(days=4000)
    fields = {"name": "Tallow & Reed Builders", "is_active": True, "logo_url": None}
    more = {"id": state.company_id, "pcn_business_experience": False, "my_company": True}
    if state.tables["companies"].find(state.company_id) is None:
        state.insert("companies", {**fields, **more}, at=founded)
    for status in correspondence.SUBMITTAL_STATUSES.values():
        state.insert("submittal_statuses", dict(status), at=founded)
    for kind in correspondence.SUBMITTAL_TYPES:
        state.insert("submittal_types", dict(kind), at=founded)


def _forbid(state: ProcoreState, sites: list[Site], count: int) -> None:
    active = [site for site in sites if site.job.active]
    for site in active[max(1, len(active) - count) :]:
        state.permit_project(site.project_id, allowed=False)


@dataclass(slots=True)
class _Past:
    """Everything that happened on a site before the company's present."""

    site: Site
    plan: ProjectPlan
    rng: Random
    until: datetime

    def write(self) -> None:
        site, plan = self.site, self.plan
        site.mix = plan.mix
        site.weight = max(1, plan.items)
        self._set_up()
        for at, kind in self._timeline():
            paper.create(site, self.rng, kind, at, self.until)
        money.settle_contract(site, self.until, touch=False)

    def _set_up(self) -> None:
        site, rng, plan = self.site, self.rng, self.plan
        counts = plan.counts
        at = self._morning()
        sets = counts["specification_sets"]
        specs.bind_book(site, rng, sections=counts["specification_sections"], sets=sets, at=at)
        pause_days = (self._last_day() - plan.first_day).days // (counts["drawing_sets"] + 1)
        drawings.lay_out(site, rng, counts, at, pause_days)
        media.open_albums(site, counts["image_categories"], at)
        money.sign_contract(site, money.contract_moment(site))
        tasks = counts.get("schedule", 0)
        if tasks and plan.new_schedule:
            schedule.write_activities(site, rng, tasks, at, self.until)
        elif tasks:
            schedule.write_tasks(site, rng, tasks, at, self.until)
        for day in self._logged_days():
            evening = at_midnight(day) + timedelta(hours=17 - site.job.offset_hours)
            header = daily.open_day(site, day, evening - timedelta(hours=4))
            if rng.random() < 0.7:
                changes = daily.completion(site, evening)
                site.state.update("daily_log_headers", header, changes, at=evening)

    def _morning(self) -> datetime:
        return money.contract_moment(self.site)

    def _last_day(self) -> date:
        """Yesterday there; a month earlier where work has ended."""
        yesterday = self.site.local(self.until).date() - timedelta(days=1)
        return yesterday if self.plan.active else max(self.plan.first_day, yesterday - timedelta(days=25))

    def _logged_days(self) -> list[date]:
        days = workdays(self.plan.first_day, self._last_day())
        wanted = min(len(days), self.plan.counts.get("daily_log_headers", 0))
        return sorted(self.rng.sample(days, wanted))

    def _timeline(self) -> list[tuple[datetime, str]]:
        """What was made when; in the order of time, so that nothing refers to what comes later."""
        counts = {kind: count for kind, count in self.plan.counts.items() if kind in paper.CREATORS}
        counts["drawing_revisions"] -= counts["drawings"]
        logged = [date.fromisoformat(day) for day in self.site.headers]
        return sorted(
            (self._moment(kind, logged), kind) for kind, count in counts.items() for _ in range(count)
        )

    def _moment(self, kind: str, logged: list[date]) -> datetime:
        rng, first, last = self.rng, self.plan.first_day, self._last_day()
        offset = self.site.job.offset_hours
        if kind in MAKERS:
            return moment_on(rng, rng.choice(logged), offset)
        if kind == "drawings":
            last = first + (last - first) / 4
        return moment_between(rng, first, last, offset)
