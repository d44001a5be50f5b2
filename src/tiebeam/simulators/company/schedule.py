"""The schedule, in the classic tool (tasks) or in the new one (a schedule, activities and their links)."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tiebeam.simulators.company.moments import at_midnight
from tiebeam.simulators.company.trades import TRADES
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.site import Fields, Site

_PHASES = (
    "Sitework",
    "Foundations",
    "Structure",
    "Envelope",
    "Rough-in",
    "Finishes",
    "Commissioning",
    "Closeout",
)
_LEAF_PER_PHASE = 8


def write_tasks(site: Site, rng: Random, count: int, at: datetime, until: datetime) -> None:
    """So many classic tasks: phases, with tasks below them."""
    for index in range(max(1, count // _LEAF_PER_PHASE)):
        phase = _add_phase(site, rng, index, at, until)
        site.phases.append({"id": phase["id"], "name": phase["name"], "key": phase["key"]})
    for _ in range(count - len(site.phases)):
        add_task(site, rng, at, until)


def _add_phase(site: Site, rng: Random, index: int, at: datetime, until: datetime) -> Fields:
    name = _PHASES[index % len(_PHASES)]
    first = site.job.first_day + timedelta(days=30 * index)
    fields = _task_fields(site, rng, name, (first, first + timedelta(days=60)), (at, until))
    fields.update(
        parent_id=None, has_children=True, wbs=str(index + 1), full_outline_path=name, milestone=False
    )
    return site.insert("tasks", fields, at)


def add_task(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """A task below one of the phases; one in twelve is a milestone."""
    phase = site.state.get("tasks", rng.choice(site.phases)["id"])
    trade = rng.choice(TRADES)
    milestone = rng.random() < 0.08
    name = f"{trade.name} complete" if milestone else rng.choice(trade.work)
    first = date.fromisoformat(phase["start_datetime"][:10]) + timedelta(days=rng.randint(0, 45))
    last = first + timedelta(days=0 if milestone else rng.randint(1, 25))
    fields = _task_fields(site, rng, name, (first, last), (at, until))
    number = site.number(f"below {phase['id']}")
    fields.update(
        parent_id=phase["id"],
        has_children=False,
        milestone=milestone,
        wbs=f"{phase['wbs']}.{number}",
        full_outline_path=f"{phase['name']}/{name}",
        resource_name=rng.choice(site.firms).name,
    )
    return site.insert("tasks", fields, at)


def _task_fields(
    site: Site, rng: Random, name: str, planned: tuple[date, date], told: tuple[datetime, datetime]
) -> Fields:
    at, until = told
    slip = timedelta(days=max(-3, round(rng.gauss(4, 6))))
    start, finish = at_midnight(planned[0] + slip), at_midnight(planned[1] + slip) + timedelta(hours=23)
    percentage = progress(start, finish, until)
    row = site.number("task")
    author = site.job.project_manager.ref
    return {
        "name": name,
        "task_name": name,
        "key": f"{site.project_id}|{rng.getrandbits(64):016x}",
        "start_datetime": stamp(start),
        "finish_datetime": stamp(finish),
        "percentage": percentage,
        "color": None,
        "pending": False,
        "activity_id": f"A{1000 + 10 * row}",
        "schedule_activity_id": f"A{1000 + 10 * row}",
        "source_uid": str(row),
        "resource_name": None,
        "resource_ids": [],
        "critical_path": rng.random() < 0.2,
        "actual_start": stamp(start) if percentage else None,
        "actual_finish": stamp(finish) if percentage == 100 else None,
        "row_number": row,
        "schedule_duration": float((finish - start).days),
        "notes": None,
        "baseline_start": stamp(at_midnight(planned[0])),
        "baseline_finish": stamp(at_midnight(planned[1]) + timedelta(hours=23)),
        "start_variance": float(slip.days),
        "finish_variance": float(slip.days),
        "manually_edited": False,
        "updated_at": stamp(_last_touched(rng, percentage, finish, at, until)),
        "created_by": author,
        "updated_by": author,
    }


def _last_touched(rng: Random, percentage: int, finish: datetime, at: datetime, until: datetime) -> datetime:
    if percentage == 0:
        return at
    latest = min(until, finish + timedelta(days=1)) if percentage == 100 else until
    return max(at, latest - timedelta(hours=rng.randint(0, 150)))


def progress(start: datetime, finish: datetime, until: datetime) -> int:
    """How far a task is by a moment when it goes evenly, in percent and steps of five."""
    if until <= start:
        return 0
    return min(100, round((until - start) / max(finish - start, timedelta(days=1)) * 20) * 5)


def write_activities(site: Site, rng: Random, count: int, at: datetime, until: datetime) -> None:
    """A schedule of the new tool: of the rest, three in four are activities and one in four links."""
    author = str(site.job.project_manager.user_id)
    fields = {
        "schedule_name": f"{site.job.name} master schedule",
        "schedule_type": "MASTER",
        "is_active": True,
        "data_date": stamp(until)[:10],
        "start_date": site.job.first_day.isoformat(),
        "calendar_id": "standard",
        "parent_schedule_id": None,
        "created_by": author,
        "updated_by": author,
        "deleted_by": None,
    }
    schedule = site.insert("schedules", fields, at)
    phases = max(1, count // (2 * _LEAF_PER_PHASE))
    for index in range(phases):
        first = site.job.first_day + timedelta(days=30 * index)
        fields = _activity_fields(site, rng, _PHASES[index % len(_PHASES)], (first, 60), (at, until))
        phase = site.insert("activities", fields, at, parent_id=schedule["id"])
        site.summaries.append(
            {"id": phase["id"], "name": phase["activity_name"], "schedule_id": schedule["id"]}
        )
    leaves = [add_activity(site, rng, at, until) for _ in range(round((count - phases - 1) * 0.75))]
    pairs = itertools.pairwise(leaves)
    for ends in itertools.islice(pairs, max(0, count - phases - 1 - len(leaves))):
        _link(site, rng, schedule["id"], ends, at)


def add_activity(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """An activity below one of the summary activities."""
    phase = rng.choice(site.summaries)
    first = date.fromisoformat(site.state.get("activities", phase["id"])["start_date"]) + timedelta(
        days=rng.randint(0, 45)
    )
    fields = _activity_fields(
        site, rng, rng.choice(rng.choice(TRADES).work), (first, rng.randint(1, 25)), (at, until)
    )
    fields["parent_id"] = phase["id"]
    return site.insert("activities", fields, at, parent_id=phase["schedule_id"])


def _activity_fields(
    site: Site, rng: Random, name: str, planned: tuple[date, int], told: tuple[datetime, datetime]
) -> Fields:
    at, until = told
    first, days = planned
    start = at_midnight(first)
    finish = start + timedelta(days=days)
    total_float = max(0, round(rng.gauss(6, 8)))
    author = str(site.job.project_manager.user_id)
    return {
        "activity_name": name,
        "start_date": first.isoformat(),
        "finish_date": (first + timedelta(days=days)).isoformat(),
        "duration": float(days),
        "duration_unit": "DAYS",
        "duration_display_unit": "DAYS",
        "percent_complete": float(progress(start, finish, until)),
        "parent_id": None,
        "ordered_parent_index": site.number("activity"),
        "constraint_type": "AS_SOON_AS_POSSIBLE",
        "constraint_date": None,
        "assigned_company": rng.choice(site.firms).name,
        "crew_size": rng.randint(2, 12),
        "calendar_id": "standard",
        "deadline_date": None,
        "deadline_variance": None,
        "category_data": [],
        "resource_data": [],
        "updated_at": stamp(_last_touched(rng, progress(start, finish, until), finish, at, until)),
        "is_critical": total_float == 0,
        "total_float": float(total_float),
        "notes": None,
        "created_by": author,
        "updated_by": author,
    }


def _link(site: Site, rng: Random, schedule_id: str, ends: tuple[Fields, Fields], at: datetime) -> None:
    author = str(site.job.project_manager.user_id)
    fields = {
        "from_activity": ends[0]["id"],
        "to_activity": ends[1]["id"],
        "relationship_type": rng.choice(("FINISH_TO_START", "FINISH_TO_START", "START_TO_START")),
        "lag": float(rng.choice((0, 0, 0, 2, 5))),
        "lag_unit": "DAYS",
        "lag_display_unit": "DAYS",
        "active": True,
        "created_by": author,
        "updated_by": author,
    }
    site.insert("activity_links", fields, at, parent_id=schedule_id)
