"""The daily log: a header a day, and what each kind of log says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.simulators.company.logs import MAKERS
from tiebeam.simulators.company.moments import at_midnight
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import date, datetime
    from random import Random

    from tiebeam.simulators.company.cast import Firm
    from tiebeam.simulators.company.site import Fields, Site

# Logs that a collaborator may enter and that stay pending until somebody of ours approves them.
_APPROVED_ONES = ("manpower_logs", "notes_logs", "delivery_logs", "daily_construction_report_logs")
_SEGMENT = ("daily_log_segment", "daily_log_segment_id")
_PLAIN = ("permissions", "status")
# Which of the usual fields each kind does without.
_LACKING: dict[str, tuple[str, ...]] = {
    "accident_logs": ("status",),
    "call_logs": ("status",),
    "daily_construction_report_logs": _SEGMENT,
    "delay_logs": ("permissions",),
    "delivery_logs": ("permissions",),
    "dumpster_logs": _PLAIN,
    "equipment_logs": (*_SEGMENT, "status"),
    "inspection_logs": _PLAIN,
    "manpower_logs": _SEGMENT,
    "notes_logs": (),
    "plan_revision_logs": _PLAIN,
    "productivity_logs": (*_PLAIN, "attachments", "vendor"),
    "quantity_logs": _PLAIN,
    "safety_violation_logs": _PLAIN,
    "timecard_entries": (*_SEGMENT, *_PLAIN, "attachments", "position", "vendor"),
    "visitor_logs": (*_SEGMENT, "attachments"),
    "waste_logs": _PLAIN,
    "weather_logs": _PLAIN,
    "work_logs": _PLAIN,
}


def write_log(site: Site, rng: Random, kind: str, day: date, at: datetime) -> Fields:
    """One log of a kind about a day, entered at a moment; its day's header is made when there is none."""
    open_day(site, day, at)
    firm = site.firm(rng)
    if firm.trade is None:
        raise ValueError(f"{firm.name} has no trade: only subcontractors work on a site")
    fields = {**_common(site, rng, kind, day, firm), **MAKERS[kind](site, rng, day, firm, firm.trade)}
    return site.insert(kind, fields, at)


def open_day(site: Site, day: date, at: datetime) -> int:
    """The id of a day's header, which is made `at` a moment unless it is there."""
    known = site.headers.get(day.isoformat())
    if known is not None:
        return known
    fields = {
        "log_date": day.isoformat(),
        "log_datetime": stamp(at_midnight(day)),
        "completed": False,
        "completed_by": None,
        "completed_at": None,
        "completable": True,
        "distributed": False,
        "distributed_by": None,
        "distributed_at": None,
        "distributable": False,
    }
    header_id: int = site.insert("daily_log_headers", fields, at)["id"]
    site.headers[day.isoformat()] = header_id
    return header_id


def completion(site: Site, at: datetime) -> Fields:
    """What changes in a header when the superintendent closes its day."""
    superintendent = site.job.superintendent.ref
    return {
        "completed": True,
        "completed_by": superintendent,
        "completed_at": stamp(at),
        "distributable": True,
    }


def _common(site: Site, rng: Random, kind: str, day: date, firm: Firm) -> Fields:
    noon = at_midnight(day) + timedelta(hours=12 - site.job.offset_hours)
    pending = kind in _APPROVED_ONES and rng.random() < 0.04
    usual = {
        "date": day.isoformat(),
        "datetime": stamp(noon),
        "position": site.number(f"{kind} {day}"),
        "status": "pending" if pending else "approved",
        "created_by": firm.people[0].ref if pending else site.staff_ref(rng),
        "vendor": firm.ref,
        "location": site.location(rng),
        "daily_log_segment_id": None,
        "daily_log_segment": None,
        "attachments": site.attachments(rng, kind.removesuffix("s"), 0.08, "jpg"),
        "permissions": {"can_update": True, "can_delete": True},
    }
    return {name: value for name, value in usual.items() if name not in _LACKING[kind]}
