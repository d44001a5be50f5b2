"""How much of everything a company of a size has: pure arithmetic over a seeded source of chance."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.simulators.company.moments import workday
from tiebeam.simulators.procore.resources import DAILY_LOG_KINDS, RESOURCES

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from tiebeam.simulators.company.size import Size

# What a hundred records of paperwork are, in a usual project.
SHARES: dict[str, float] = {
    "rfis": 8.0,
    "submittals": 9.0,
    "submittal_packages": 0.6,
    "meetings": 2.0,
    "observations": 4.0,
    "observation_response_logs": 2.5,
    "drawings": 7.0,
    "drawing_revisions": 10.0,
    "images": 9.0,
    "documents": 7.0,
    "change_events": 2.2,
    "potential_change_orders": 1.8,
    "change_order_requests": 0.8,
    "change_order_packages": 0.6,
    "schedule": 8.0,
    "daily_log_headers": 4.0,
    "manpower_logs": 8.0,
    "notes_logs": 3.0,
    "weather_logs": 2.6,
    "work_logs": 1.6,
    "timecard_entries": 1.6,
    "equipment_logs": 1.2,
    "delivery_logs": 1.0,
    "visitor_logs": 0.7,
    "quantity_logs": 0.5,
    "inspection_logs": 0.5,
    "call_logs": 0.3,
    "daily_construction_report_logs": 0.5,
    "dumpster_logs": 0.3,
    "delay_logs": 0.3,
    "waste_logs": 0.3,
    "plan_revision_logs": 0.25,
    "productivity_logs": 0.25,
    "safety_violation_logs": 0.25,
    "accident_logs": 0.15,
}
_TOOL_OF = {"schedule": "schedule", **{kind: RESOURCES[kind].tool for kind in SHARES if kind in RESOURCES}}
_SOMETIMES_OFF = (
    "observations",
    "meetings",
    "change_events",
    "specifications",
    "photos",
    "schedule",
    "daily_log",
    "submittals",
)


@dataclass(slots=True)
class ProjectPlan:
    """One project before it exists: `counts` by kind, the tools it does without, its first day, its life."""

    index: int
    items: int
    first_day: date
    active: bool
    new_schedule: bool
    tools_off: tuple[str, ...]
    counts: dict[str, int] = field(default_factory=dict)
    mix: dict[str, float] = field(default_factory=dict)


def plan_projects(size: Size, rng: Random, today: date) -> list[ProjectPlan]:
    """A plan for each project: few have most of the records, and each its own mix of kinds."""
    weights = [0.4 + rng.lognormvariate(0, 1.0) for _ in range(size.projects)]
    even = min(1.0, 0.6 / math.sqrt(size.projects))
    shares = [even / size.projects + (1 - even) * weight / sum(weights) for weight in weights]
    inactive = _inactive(size.projects, rng)
    plans = [
        ProjectPlan(
            index=index,
            items=round(size.items * share),
            first_day=workday(today - timedelta(days=_history_days(rng))),
            active=index not in inactive,
            new_schedule=(index + size.projects) % 2 == 1,
            tools_off=_tools_off(index, rng),
        )
        for index, share in enumerate(shares)
    ]
    carry: dict[str, float] = defaultdict(lambda: rng.random() * 0.6)
    for plan in plans:
        plan.mix = _mix(plan, rng)
        plan.counts = _counts(plan, carry)
    return plans


def _inactive(projects: int, rng: Random) -> set[int]:
    count = 0 if projects < 4 else 1 + (projects >= 12) + projects // 40
    return set(rng.sample(range(1, projects), count)) if count else set()


def _history_days(rng: Random) -> int:
    """Two to six months for most, up to a year."""
    return rng.randint(60, 185) if rng.random() < 0.8 else rng.randint(30, 364)


def _tools_off(index: int, rng: Random) -> tuple[str, ...]:
    chance = rng.random()
    if index % 20 != 1 and chance > 0.3:
        return ()
    return tuple(sorted(rng.sample(_SOMETIMES_OFF, 1 if chance < 0.2 else 2)))


def _mix(plan: ProjectPlan, rng: Random) -> dict[str, float]:
    mix = {kind: share * rng.lognormvariate(0, 0.4) for kind, share in SHARES.items()}
    return {kind: weight for kind, weight in mix.items() if _TOOL_OF[kind] not in plan.tools_off}


def _counts(plan: ProjectPlan, carry: dict[str, float]) -> dict[str, int]:
    """Scaffolding first, then the rest by mix; fractions carry over, so that small companies vary too."""
    counts = _scaffolding(plan)
    left = max(0, plan.items - sum(counts.values()))
    total = sum(plan.mix.values())
    for kind, weight in plan.mix.items():
        carry[kind] += left * weight / total
        counts[kind] = int(carry[kind])
        carry[kind] -= counts[kind]
    return _balanced(counts)


def _scaffolding(plan: ProjectPlan) -> dict[str, int]:
    root = math.sqrt(max(1, plan.items))
    counts = {
        "prime_contracts": 1,
        "drawing_disciplines": _within(1, root / 4, 8),
        "drawing_areas": _within(1, root / 12, 3),
        "drawing_sets": _within(1, root / 10, 6),
        "image_categories": _within(1, root / 6, 6),
        "specification_sets": 1 + (plan.items > 200),
        "specification_sections": _within(1, root / 2, 40),
    }
    if "specifications" in plan.tools_off:
        counts.update(specification_sets=0, specification_sections=0)
    return counts


def _balanced(counts: dict[str, int]) -> dict[str, int]:
    """Nothing hangs in the air: no answer without a question, no revision without a drawing."""
    for child, parent in (
        ("observation_response_logs", "observations"),
        ("drawing_revisions", "drawings"),
        ("drawings", "drawing_revisions"),
        ("change_order_packages", "potential_change_orders"),
        ("change_order_requests", "potential_change_orders"),
        ("submittal_packages", "submittals"),
    ):
        if counts.get(child) and not counts.get(parent):
            counts[parent] = 1
    counts["drawings"] = counts.get("drawings", 0)
    counts["drawing_revisions"] = max(counts.get("drawing_revisions", 0), counts.get("drawings", 0))
    if any(counts.get(kind) for kind in DAILY_LOG_KINDS):
        counts["daily_log_headers"] = max(1, counts.get("daily_log_headers", 0))
    return counts


def _within(least: int, value: float, most: int) -> int:
    return max(least, min(most, round(value)))
