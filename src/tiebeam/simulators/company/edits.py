"""What people change in a record of each kind, and which way its status goes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tiebeam.simulators.company import (
    change_events,
    correspondence,
    daily,
    gatherings,
    media,
    money,
    names,
    paper,
)
from tiebeam.simulators.company.logs import MAKERS
from tiebeam.simulators.company.moments import day_text
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.actor import Done
    from tiebeam.simulators.company.site import Fields, Site

    Edit = Callable[[Site, Random, Fields, datetime], Fields]
    Move = Callable[[Site, Random, Fields, datetime], Fields | None]

_TEXTS = ("comment", "comments", "notes", "description", "contents", "details")
_NEXT_ORDER_STATUS = {
    "draft": ("pricing", "pending"),
    "pricing": ("pending",),
    "pending": ("approved", "approved", "rejected", "revised"),
    "revised": ("pending",),
    "proceeding": ("approved",),
    "rejected": ("revised", "void"),
}


def edit(site: Site, rng: Random, kind: str, at: datetime, *, touch: bool = True) -> Done:
    """Change something in a record of a kind; nothing when there is none, or none of that sort."""
    resource = _resource(site, kind)
    fields = paper.pick(site, rng, resource)
    changes = EDITS[kind](site, rng, fields, at) if fields else {}
    if fields is None or not changes:
        return []
    site.state.update(resource, fields["id"], changes, at=at, touch=touch)
    return [(resource, fields["id"])]


def move(site: Site, rng: Random, kind: str, at: datetime) -> Done:
    """Bring a record of a kind one status on; nothing when it is at its end."""
    resource = _resource(site, kind)
    fields = paper.pick(site, rng, resource)
    changes = MOVES[kind](site, rng, fields, at) if fields else None
    if fields is None or changes is None:
        return []
    if changes:
        site.state.update(resource, fields["id"], changes, at=at)
    if kind == "change_order_packages":
        money.settle_contract(site, at)
    return [(resource, fields["id"])]


def edit_directory(site: Site, rng: Random, at: datetime) -> Done:
    """A firm or a user has a new number, in every directory; or a project's finish slips."""
    chance = rng.random()
    if chance < 0.3:
        finish = site.job.finish_day + timedelta(days=rng.randint(1, 60))
        site.state.update("projects", site.project_id, {"projected_finish_date": finish.isoformat()}, at=at)
        return [("projects", site.project_id)]
    resource, member = ("vendors", "project_vendors") if chance < 0.7 else ("users", "project_users")
    record_id = rng.choice(site.firms).id if resource == "vendors" else rng.choice(site.staff).user_id
    if record_id is None:
        return []
    change = {"business_phone": names.phone(rng)}
    site.state.update(resource, record_id, change, at=at)
    for project in site.state.tables["projects"].everything.sorted():
        row = site.state.tables[member].find(record_id, project.fields["id"])
        if row is not None:
            site.state.update(member, record_id, change, at=at, project_id=row.project_id)
    return [(resource, record_id)]


def _resource(site: Site, kind: str) -> str:
    return kind if kind != "schedule" else "activities" if site.summaries else "tasks"


def _edit_rfi(site: Site, rng: Random, _fields: Fields, at: datetime) -> Fields:
    known = {"status": "yes_known", "value": round(rng.uniform(100, 20_000), 2)}
    assignee = site.designer_ref(rng)
    return rng.choice(
        (
            {"due_date": day_text(at, rng.randint(2, 14))},
            {"cost_impact": known},
            {"distribution_list": [person.ref for person in rng.sample(site.members, 2)]},
            {"assignee": assignee, "assignees": [{**assignee, "locale": None, "response_required": True}]},
        )
    )


def _edit_submittal(site: Site, rng: Random, fields: Fields, at: datetime) -> Fields:
    return rng.choice(
        (
            {"due_date": day_text(at, rng.randint(3, 30))},
            {
                "required_on_site_date": day_text(at, rng.randint(20, 120)),
                "lead_time": rng.choice((7, 14, 28)),
            },
            {"description": f"{fields['title']}, resubmitted {at:%d %b}"},
            {"distribution_members": [person.ref for person in rng.sample(site.members, 2)]},
        )
    )


def _edit_observation(_site: Site, rng: Random, _fields: Fields, at: datetime) -> Fields:
    return rng.choice(
        ({"priority": rng.choice(("Low", "High", "Urgent"))}, {"due_date": day_text(at, rng.randint(1, 20))})
    )


def _edit_image(_site: Site, rng: Random, fields: Fields, at: datetime) -> Fields:
    return rng.choice(
        ({"starred": not fields["starred"]}, {"description": f"Progress on {at:%d %b}, {at:%H:%M:%S}"})
    )


def _edit_document(site: Site, rng: Random, fields: Fields, _at: datetime) -> Fields:
    if fields["document_type"] == "folder":
        return {}
    return media.new_version(site, rng, fields, _at)


def _edit_described(_site: Site, rng: Random, _fields: Fields, at: datetime) -> Fields:
    return {"description": f"Revised {at:%Y-%m-%d %H:%M:%S}, see note {rng.randint(1, 99)}"}


def _edit_priced(site: Site, rng: Random, fields: Fields, at: datetime) -> Fields:
    if rng.random() < 0.5:
        return money.extend_order(site, rng, fields, at)
    return {"schedule_impact_amount": rng.randint(0, 20), "due_date": day_text(at, 10)}


def _edit_line(site: Site, rng: Random, fields: Fields, at: datetime) -> Fields:
    if site.summaries:
        percent = fields["percent_complete"]
        return {
            "percent_complete": min(100.0, percent + rng.choice((5.0, 10.0, 25.0))),
            "notes": f"Updated {at:%d %b %H:%M}",
        }
    percent = min(100, fields["percentage"] + rng.choice((5, 10, 25)))
    changes: Fields = {"percentage": percent, "notes": f"Updated {at:%d %b %H:%M}"}
    changes["actual_start"] = fields["actual_start"] or stamp(at)
    changes["actual_finish"] = stamp(at) if percent == 100 else None
    return changes


def _edit_log(_site: Site, rng: Random, fields: Fields, at: datetime) -> Fields:
    if "num_workers" in fields:
        workers = max(1, (fields["num_workers"] or 0) + rng.choice((-2, -1, 1, 2)))
        return {"num_workers": workers, "man_hours": f"{workers * float(fields['num_hours'] or 0):.1f}"}
    field = next((name for name in _TEXTS if name in fields), "position")
    return {} if field == "position" else {field: f"Corrected at {at:%H:%M:%S} ({rng.randint(1, 99)})"}


EDITS: dict[str, Edit] = {
    "rfis": _edit_rfi,
    "submittals": _edit_submittal,
    "submittal_packages": _edit_described,
    "meetings": gatherings.discuss,
    "observations": _edit_observation,
    "images": _edit_image,
    "documents": _edit_document,
    "change_events": _edit_described,
    "potential_change_orders": _edit_priced,
    "change_order_requests": _edit_described,
    "change_order_packages": _edit_described,
    "schedule": _edit_line,
    **dict.fromkeys(MAKERS, _edit_log),
}


def _move_rfi(site: Site, _rng: Random, fields: Fields, at: datetime) -> Fields | None:
    if fields["status"] == "open":
        return correspondence.closing(at)
    changes: dict[str, Any] = {
        "status": "open",
        "translated_status": "Open",
        "draft": False,
        "accepted": False,
        "initiated_at": fields["initiated_at"] or stamp(at),
        "time_resolved": None,
        "ball_in_court": fields["assignee"],
        "ball_in_courts": [fields["assignee"]],
    }
    del site
    return changes


def _move_submittal(site: Site, rng: Random, fields: Fields, at: datetime) -> Fields | None:
    return correspondence.review(site, rng, fields, at)


def _move_observation(_site: Site, rng: Random, fields: Fields, at: datetime) -> Fields | None:
    following = {"initiated": "ready_for_review", "not_accepted": "ready_for_review", "closed": "initiated"}
    status = following.get(fields["status"]) or rng.choice(("closed", "closed", "not_accepted"))
    return {"status": status, "closed_at": stamp(at) if status == "closed" else None}


def _move_event(_site: Site, rng: Random, fields: Fields, _at: datetime) -> Fields | None:
    others = [status for status in change_events.EVENT_STATUSES if status != fields["status"]]
    return {"status": rng.choice(others)}


def _move_order(_site: Site, rng: Random, fields: Fields, at: datetime) -> Fields | None:
    following = _NEXT_ORDER_STATUS.get(fields["status"])
    if following is None:
        return None
    status = rng.choice(following)
    return {"status": status, "reviewed_at": stamp(at), "executed": status == "approved"}


def _move_meeting(_site: Site, _rng: Random, fields: Fields, _at: datetime) -> Fields | None:
    return (
        None if fields["occurred"] else {"occurred": True, "mode": "minutes", "conclusion": "Closed in time."}
    )


def _move_day(site: Site, _rng: Random, fields: Fields, at: datetime) -> Fields | None:
    return None if fields["completed"] else daily.completion(site, at)


def _move_log(_site: Site, _rng: Random, fields: Fields, _at: datetime) -> Fields | None:
    return {"status": "approved"} if fields["status"] == "pending" else None


MOVES: dict[str, Move] = {
    "rfis": _move_rfi,
    "submittals": _move_submittal,
    "observations": _move_observation,
    "change_events": _move_event,
    "potential_change_orders": _move_order,
    "change_order_requests": _move_order,
    "change_order_packages": _move_order,
    "meetings": _move_meeting,
    "daily_log_headers": _move_day,
    "manpower_logs": _move_log,
    "notes_logs": _move_log,
}
