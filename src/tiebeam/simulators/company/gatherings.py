"""Meetings with their topics, and observations with what was answered to them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.simulators.company.cast import trade_ref
from tiebeam.simulators.company.moments import day_text, later
from tiebeam.simulators.company.site import refs, rich
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.site import Fields, Site

_SERIES = ("Owner Architect Contractor", "Subcontractor Coordination", "Safety", "Preconstruction")
_TOPICS = {
    "Schedule": ("Three week look-ahead", "Critical path: steel delivery", "Inspection dates"),
    "Submittals and RFIs": ("Overdue submittals", "Open RFIs older than ten days"),
    "Cost": ("Pending change orders", "Allowance usage"),
    "Safety and Quality": ("Housekeeping on level 2", "Mock-up review", "Fall protection plan"),
}
_DEFECTS = (
    ("Quality", "Honeycombing at column base"),
    ("Quality", "Drywall damaged by water"),
    ("Safety", "Unprotected edge at stair opening"),
    ("Safety", "Blocked exit path"),
    ("Work to Complete", "Fire caulk missing at penetrations"),
    ("Commissioning", "Damper actuator not connected"),
    ("Warranty", "Door closer leaks oil"),
)
_CATEGORIES = ("Quality", "Safety", "Commissioning", "Warranty", "Work to Complete")
_LABELS = {
    "initiated": "Initiated",
    "ready_for_review": "Ready For Review",
    "not_accepted": "Not Accepted",
    "closed": "Closed",
}


def hold_meeting(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """A meeting of one of the series, made at a moment for some days later."""
    series = _SERIES[int(len(_SERIES) * rng.random() ** 1.8)]
    number = site.number(f"meeting {series}")
    starts = later(rng, at, 3)
    occurred = starts <= until
    categories = [
        _category(site, rng, at, position, occurred=occurred) for position in range(1, 1 + rng.randint(1, 3))
    ]
    before = site.waiting[series]
    fields = {
        "group_title": series,
        "title": series,
        "position": number,
        "meeting_template_id": None,
        "parent_id": before[-1] if before else None,
        "created_by_id": site.job.project_manager.user_id,
        "description": f"{series} meeting {number}",
        "mode": "minutes" if occurred else "agenda",
        "starts_at": stamp(starts),
        "ends_at": stamp(starts + timedelta(hours=1)),
        "time_zone": site.job.time_zone,
        "location": "Site trailer",
        "remote_meeting_url": None,
        "meeting_topics_count": sum(len(category["meeting_topic"]) for category in categories),
        "occurred": occurred,
        "is_private": rng.random() < 0.05,
        "is_draft": False,
        "conclusion": "Next meeting in a week." if occurred else None,
        "attendees": _attendees(site, rng, occurred=occurred),
        "attachments": site.attachments(rng, "agenda", 0.2),
        "meeting_categories": categories,
    }
    fields["updated_at"] = stamp(max(at, min(starts + timedelta(hours=2), until)))
    meeting = site.insert("meetings", fields, at)
    site.waiting[series] = [meeting["id"]]
    return meeting


def _attendees(site: Site, rng: Random, *, occurred: bool) -> list[Fields]:
    members = dict.fromkeys(rng.sample(site.members, min(len(site.members), rng.randint(3, 7))))
    return [
        {
            "id": site.sub_id(),
            "status": rng.choice(("Present", "Present", "Absent", "Conference")) if occurred else None,
            "login_information": member.ref,
        }
        for member in members
    ]


def _category(site: Site, rng: Random, at: datetime, position: int, *, occurred: bool) -> Fields:
    title = rng.choice(tuple(_TOPICS))
    ref = {"id": site.sub_id(), "title": title}
    topics = []
    for index in range(1, 1 + rng.randint(1, 3)):
        topic = {
            "id": site.sub_id(),
            "number": f"{position}.{index}",
            "position": index,
            "created_on": day_text(at),
            "due_date": day_text(at, rng.randint(3, 21)) if rng.random() < 0.6 else None,
            "priority": rng.choice(("", "High", "Medium", "Low")),
            "status": rng.choice(("Open", "Open", "On Hold", "Closed")) if occurred else "Open",
            "title": rng.choice(_TOPICS[title]),
            "minutes": rich("Discussed; see action.") if occurred else None,
            "description": rich(f"{title} on {site.job.name}"),
            "meeting_category": ref,
            "assignments": refs(rng.sample(site.members, 1)),
            "attachments": [],
        }
        topics.append(topic)
    return {**ref, "position": position, "meeting_topic": topics}


def discuss(_site: Site, rng: Random, meeting: Fields, at: datetime) -> Fields:
    """What changes when minutes of one topic are written and its status is set."""
    categories = [{**category} for category in meeting["meeting_categories"]]
    chosen = rng.choice(categories)
    topics = [{**topic} for topic in chosen["meeting_topic"]]
    rng.choice(topics).update(
        status=rng.choice(("Open", "On Hold", "Closed")),
        minutes=rich(f"Updated {day_text(at)}, revision {rng.randint(1, 9)}."),
    )
    chosen["meeting_topic"] = topics
    return {"meeting_categories": categories, "mode": "minutes", "occurred": True}


def observe(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """An observation; its response logs are counted apart."""
    category, name = rng.choice(_DEFECTS)
    firm, location = site.firm(rng), site.location(rng)
    assignee = firm.people[0]
    settled = later(rng, at, 12) <= until
    status = "closed" if settled else "initiated"
    number = site.number("observation")
    trade = firm.trade
    fields = {
        "number": str(number),
        "name": f"{name}{' - ' + location['node_name'] if location else ''}",
        "description": f"{name}. Please correct and report.",
        "description_rich_text": rich(f"{name}. Please correct and report."),
        "status": status,
        "priority": rng.choice(("Low", "Medium", "Medium", "High", "Urgent")),
        "date_notified": day_text(at),
        "due_date": day_text(at, rng.randint(3, 14)),
        "closed_at": stamp(min(until, later(rng, at, 6))) if settled else None,
        "personal": False,
        "type": _type(category),
        "origin": None,
        "assignee": {"id": assignee.ref["id"], "name": assignee.name, "vendor": firm.ref},
        "created_by": site.staff_ref(rng),
        "location": location,
        "specification_section": site.section(rng, trade),
        "trade": trade_ref(trade) if trade else None,
        "checklist_item": None,
        "checklist_list": None,
        "drawing_ids": [],
        "drawing_revisions": [],
        "current_drawing_revision_ids": [],
        "contributing_behavior": None,
        "contributing_condition": None,
        "hazard": None,
        "distribution_members": refs(rng.sample(site.staff, 1)),
        "attachments": site.attachments(rng, "defect", 0.5, "jpg"),
        "permissions": {"can_edit": True},
        "custom_fields": {},
    }
    return site.insert("observations", fields, at)


def _type(category: str) -> Fields:
    index = _CATEGORIES.index(category)
    key = category.lower().replace(" ", "_")
    return {
        "id": 8600 + index,
        "category": category,
        "category_key": key,
        "category_id": 8700 + index,
        "name": category,
        "active": True,
        "company_active": True,
        "parent_inactive": False,
        "in_use": True,
        "kind": "company",
        "name_translations": {"en": category},
        "localized_name": category,
    }


def respond(site: Site, rng: Random, observation: Fields, at: datetime) -> Fields:
    """A response log of an observation."""
    author = rng.choice(site.members)
    fields = {
        "item_id": observation["id"],
        "status": _LABELS[observation["status"]],
        "comment": rng.choice(
            ("Corrected, please review.", "Parts ordered.", "Not accepted: redo the joint.")
        ),
        "created_by_name": author.name,
        "created_by": {"id": author.ref["id"], "name": author.name},
        "attachments": site.attachments(rng, "proof", 0.2, "jpg"),
    }
    return site.insert("observation_response_logs", fields, at, parent_id=observation["id"])
