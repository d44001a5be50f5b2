"""What each kind of daily log says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.simulators.company.cast import trade_ref
from tiebeam.simulators.company.moments import at_midnight
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from random import Random

    from tiebeam.simulators.company.cast import Firm
    from tiebeam.simulators.company.site import Fields, Site
    from tiebeam.simulators.company.trades import Trade

    Maker = Callable[[Site, Random, date, Firm, Trade], Fields]

_VISITORS = (
    "Building inspector",
    "Owner walk-through",
    "Architect site visit",
    "Utility company",
    "Insurance carrier",
)
_NOTES = (
    "Crane on site at 7:00; laydown area moved to the north lot.",
    "Owner walked level 2 and asked for the mock-up to be repaired.",
    "Water in the excavation pumped out before work started.",
    "Toolbox talk on ladders, everybody signed in.",
    "Deliveries stacked in the fire lane; moved by noon.",
)


def _hours(rng: Random) -> str:
    return f"{rng.choice((4, 6, 8, 8, 8, 8, 10)):.1f}"


def _clock(rng: Random, prefix: str = "time_") -> Fields:
    return {f"{prefix}hour": rng.randint(7, 15), f"{prefix}minute": rng.choice((0, 15, 30, 45))}


def _span(rng: Random, start: str, end: str) -> Fields:
    hour = rng.randint(7, 14)
    return {
        f"{start}hour": hour,
        f"{start}minute": rng.choice((0, 15, 30, 45)),
        f"{end}hour": hour + rng.randint(1, 3),
        f"{end}minute": rng.choice((0, 15, 30, 45)),
    }


def _manpower(site: Site, rng: Random, _day: date, firm: Firm, trade: Trade) -> Fields:
    usual = site.job.crew_sizes.get(trade.name, 4)
    workers, hours = max(1, round(rng.gauss(usual, usual / 4))), _hours(rng)
    person = firm.people[0]
    return {
        "num_workers": workers,
        "num_hours": hours,
        "man_hours": f"{workers * float(hours):.1f}",
        "notes": rng.choice(trade.work),
        "user": None,
        "contact": {
            "id": person.party_id,
            "business_phone": None,
            "business_phone_extension": None,
            "email": person.email,
            "fax_number": None,
            "job_title": person.role,
            "login_information_id": person.user_id,
            "mobile_phone": None,
            "name": person.name,
            "vendor_name": firm.name,
        },
        "cost_code": site.cost_codes.get(trade.name),
        "trade": trade_ref(trade),
        "custom_fields": {},
    }


def _note(site: Site, rng: Random, day: date, _firm: Firm, _trade: Trade) -> Fields:
    return {
        "comment": rng.choice(_NOTES),
        "daily_log_header_id": site.headers[day.isoformat()],
        "is_issue_day": rng.random() < 0.1,
        "created_by_collaborator": False,
        "custom_fields": {},
    }


def _weather(site: Site, rng: Random, day: date, _firm: Firm, _trade: Trade) -> Fields:
    season = 55 + 22 * (1 - abs((day.timetuple().tm_yday - 200) / 91.25))
    low = round(rng.gauss(season - 8, 6))
    rain = rng.random() < 0.22
    return {
        "average": f"{low + 7} F",
        "calamity": rng.choice(("None", "None", "None", "None", "Flood", "High wind")) if rain else "None",
        "comments": "Rain from midday" if rain else None,
        "is_weather_delay": "true" if rain and rng.random() < 0.3 else "false",
        "ground": "Wet" if rain else "Dry",
        "precipitation": f"{rng.uniform(0.1, 1.9):.1f} in" if rain else "None",
        "sky": rng.choice(("Rain", "Overcast"))
        if rain
        else rng.choice(("Clear", "Partly cloudy", "Overcast")),
        "temperature": f"{low} F - {low + rng.randint(9, 22)} F",
        "time": stamp(at_midnight(day) + timedelta(hours=13 - site.job.offset_hours)),
        "wind": rng.choice(("Calm", "Light breeze", "Gusty 20 mph")),
    }


def _work(site: Site, rng: Random, _day: date, firm: Firm, trade: Trade) -> Fields:
    tasks = []
    if site.phases and rng.random() < 0.4:
        phase = rng.choice(site.phases)
        tasks = [
            {
                "id": site.sub_id(),
                "task_id": phase["id"],
                "task_name": phase["name"],
                "task_percentage": rng.randint(5, 95),
            }
        ]
    return {
        "comments": rng.choice(trade.work),
        "hourly_rate": float(trade.rate),
        "hours": float(_hours(rng)),
        "workers": site.job.crew_sizes.get(trade.name, 3),
        "reimbursable": False,
        "resource_name": firm.name,
        "showed": True,
        "scheduled_tasks": tasks,
    }


def _equipment(site: Site, rng: Random, _day: date, _firm: Firm, trade: Trade) -> Fields:
    name = rng.choice(trade.equipment)
    return {
        "hours_idle": f"{rng.choice((0, 0, 1, 2)):.1f}",
        "hours_operating": _hours(rng),
        "inspected": rng.random() < 0.8,
        **_clock(rng, "inspection_"),
        "notes": None,
        "cost_code": site.cost_codes.get(trade.name),
        "equipment": {
            "id": 30_000 + sum(name.encode()),
            "project_id": site.project_id,
            "position": 1,
            "name": name,
        },
        "equipment_register": None,
        "custom_fields": {},
    }


def _delivery(_site: Site, rng: Random, _day: date, firm: Firm, trade: Trade) -> Fields:
    return {
        "comments": None,
        "contents": rng.choice(trade.materials),
        "delivery_from": firm.name,
        **_clock(rng),
        "tracking_number": f"BOL-{rng.randint(10_000, 99_999)}",
    }


def _visitor(_site: Site, rng: Random, _day: date, _firm: Firm, _trade: Trade) -> Fields:
    reason = rng.choice(_VISITORS)
    return {
        "subject": reason,
        "details": f"{reason}, signed in at the trailer",
        **_span(rng, "begin_", "end_"),
        "custom_fields": {},
    }


def _quantity(site: Site, rng: Random, _day: date, _firm: Firm, trade: Trade) -> Fields:
    return {
        "description": rng.choice(trade.work),
        "quantity": rng.randint(2, 900),
        "unit": trade.uom,
        "cost_code": site.cost_codes.get(trade.name),
    }


def _inspection(_site: Site, rng: Random, _day: date, _firm: Firm, trade: Trade) -> Fields:
    return {
        "area": rng.choice(("Grid A-D", "Level 2 east", "Stair 1", "Roof")),
        "comments": rng.choice(("Passed", "Passed with corrections", "Failed: re-inspect after repairs")),
        "inspecting_entity": rng.choice(("City", "Special inspector", "Fire marshal")),
        "inspection_type": f"{trade.name} rough-in",
        "inspector_name": "Inspector on duty",
        **_span(rng, "start_", "end_"),
    }


def _call(site: Site, rng: Random, _day: date, firm: Firm, trade: Trade) -> Fields:
    return {
        "subject_to": firm.people[0].name,
        "subject_from": site.job.superintendent.name,
        "description": f"Asked when {trade.materials[0].lower()} will arrive",
        **_span(rng, "start_", "end_"),
    }


# Whose hours a daily construction report tells apart.
_GRADES = (
    "apprentice",
    "first_year",
    "foreman",
    "journeyman",
    "local_city",
    "local_county",
    "minority",
    "other",
    "veteran",
    "women",
)


def _construction_report(_site: Site, rng: Random, _day: date, _firm: Firm, trade: Trade) -> Fields:
    crews = {
        f"number_of_{grade}_workers": rng.randint(0, 5)
        for grade in ("apprentice", "foreman", "journeyman", "other")
    }
    return {
        **crews,
        **{f"{grade}_hours": f"{8.0 * rng.randint(0, 4):.1f}" for grade in _GRADES},
        "notes": rng.choice(trade.work),
        "trade": trade_ref(trade),
        "custom_fields": {},
    }


def _dumpster(_site: Site, rng: Random, _day: date, _firm: Firm, _trade: Trade) -> Fields:
    return {
        "comments": "Swapped 30 yd container",
        "quantity_delivered": rng.randint(0, 2),
        "quantity_removed": rng.randint(0, 2),
    }


def _delay(_site: Site, rng: Random, _day: date, _firm: Firm, trade: Trade) -> Fields:
    span = _span(rng, "start_time_", "end_time_")
    hours = span["end_time_hour"] - span["start_time_hour"]
    return {
        "comments": f"{trade.name} crew waited",
        "delay_type": rng.choice(("Weather", "Material", "Owner", "Equipment")),
        "duration": hours,
        "end_time": f"{span['end_time_hour']:02d}:{span['end_time_minute']:02d}",
        **span,
    }


def _waste(_site: Site, rng: Random, _day: date, firm: Firm, _trade: Trade) -> Fields:
    person = firm.people[0]
    return {
        "approximate_quantity": rng.randint(1, 30),
        "description": "Construction debris",
        "disposal_location": "County landfill",
        "material": rng.choice(("Concrete", "Wood", "Gypsum", "Mixed")),
        "method_of_disposal": rng.choice(("Recycled", "Landfill")),
        **_clock(rng),
        "contact": {"id": person.party_id, "name": person.name},
    }


def _plan_revision(_site: Site, rng: Random, _day: date, _firm: Firm, trade: Trade) -> Fields:
    return {
        "category": trade.discipline,
        "comments": "Posted in the trailer",
        "plan_number": f"{trade.discipline[0]}-{rng.randint(101, 412)}",
        "revision": str(rng.randint(1, 5)),
        "title": f"{trade.discipline} revisions",
    }


def _productivity(site: Site, rng: Random, _day: date, firm: Firm, trade: Trade) -> Fields:
    return {
        "company": firm.name,
        "contract": f"SC-{site.job.number}",
        "line_item_id": site.cost_codes.get(trade.name, {}).get("id"),
        "line_item_description": trade.materials[0],
        "line_item_holder": {
            "id": site.contract.get("id"),
            "title": site.job.name,
            "number": "1",
            "type": "PrimeContract",
        },
        "notes": None,
        "previously_delivered": f"{rng.randint(0, 400)}.0",
        "previously_used": f"{rng.randint(0, 300)}.0",
        "quantity_delivered": f"{rng.randint(0, 90)}.0",
        "quantity_used": f"{rng.randint(0, 90)}.0",
    }


def _safety_violation(_site: Site, rng: Random, day: date, firm: Firm, _trade: Trade) -> Fields:
    return {
        "comments": "Corrected on the spot",
        "compliance_due": (day + timedelta(days=2)).isoformat(),
        "issued_to": firm.name,
        "safety_notice": f"SN-{rng.randint(100, 999)}",
        "subject": rng.choice(("No harness above 6 ft", "Missing guardrail", "Extension cord damaged")),
        **_clock(rng),
    }


def _accident(_site: Site, rng: Random, _day: date, firm: Firm, _trade: Trade) -> Fields:
    return {
        "comments": rng.choice(("Cut on hand, first aid only", "Slip on wet deck, no injury")),
        "involved_name": firm.people[-1].name,
        "involved_company": firm.name,
        **_clock(rng),
    }


def _timecard(site: Site, rng: Random, day: date, firm: Firm, trade: Trade) -> Fields:
    worker = firm.people[-1]
    start = at_midnight(day) + timedelta(hours=7 - site.job.offset_hours)
    hours = float(_hours(rng))
    return {
        "description": rng.choice(trade.work),
        "billable": True,
        "injured": False,
        "signed": rng.random() < 0.7,
        "hours": f"{hours:.1f}",
        "lunch_time": "30",
        "time_in": stamp(start),
        "time_out": stamp(start + timedelta(hours=hours, minutes=30)),
        "approval_status": rng.choice(("approved", "approved", "pending")),
        "timesheet_status": "pending",
        "deleted_at": None,
        "origin_id": None,
        "origin_data": None,
        "timesheet": None,
        "cost_code": site.cost_codes.get(trade.name),
        "sub_job": None,
        "login_information": worker.ref if worker.user_id else None,
        "party": {"id": worker.party_id, "name": worker.name},
        "crew": None,
        "timecard_time_type": {
            "id": 11,
            "abbreviated_time_type": "RT",
            "global": True,
            "time_type": "Regular Time",
        },
        "procore_signature": None,
        "line_item_type_id": 501,
        "automatically_split_timecard_entries": [],
        "custom_fields": {},
    }


MAKERS: dict[str, Maker] = {
    "accident_logs": _accident,
    "call_logs": _call,
    "daily_construction_report_logs": _construction_report,
    "delay_logs": _delay,
    "delivery_logs": _delivery,
    "dumpster_logs": _dumpster,
    "equipment_logs": _equipment,
    "inspection_logs": _inspection,
    "manpower_logs": _manpower,
    "notes_logs": _note,
    "plan_revision_logs": _plan_revision,
    "productivity_logs": _productivity,
    "quantity_logs": _quantity,
    "safety_violation_logs": _safety_violation,
    "timecard_entries": _timecard,
    "visitor_logs": _visitor,
    "waste_logs": _waste,
    "weather_logs": _weather,
    "work_logs": _work,
}
