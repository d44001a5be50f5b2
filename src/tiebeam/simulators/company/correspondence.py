"""RFIs with their replies, and submittals with their approvers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.company.moments import day_text, later
from tiebeam.simulators.company.site import rich
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.cast import Firm
    from tiebeam.simulators.company.site import Fields, Site
    from tiebeam.simulators.company.trades import Trade

_TYPE_NAMES = ("Product Information", "Shop Drawing", "Sample", "Closeout", "Mix Design")
SUBMITTAL_TYPES = [
    {"id": 9300 + i, "name": name, "translated_name": name} for i, name in enumerate(_TYPE_NAMES)
]
SUBMITTAL_STATUSES = {
    name: {"id": 9200 + i, "name": name, "status": status}
    for i, (name, status) in enumerate(
        (
            ("Draft", "Draft"),
            ("Open", "Open"),
            ("In Review", "Open"),
            ("Approved", "Closed"),
            ("Approved as Noted", "Closed"),
            ("Revise and Resubmit", "Closed"),
        )
    )
}
RESPONSES = {
    name: {"id": 9400 + i, "name": name, "considered": considered}
    for i, (name, considered) in enumerate(
        (
            ("Pending", "pending"),
            ("Submitted", "submitted"),
            ("Approved", "approved"),
            ("Approved as Noted", "approved"),
            ("Revise and Resubmit", "rejected"),
        )
    )
}
_IMPACTS = ("no_impact", "no_impact", "tbd", "n_a", "yes_known", "yes_unknown")


def file_rfi(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """An RFI asked at a moment, with the answers it had by `until`."""
    firm = site.firm(rng)
    subject, question, answer = rng.choice(_trade_of(firm).asks)
    rfi = site.insert("rfis", _rfi_fields(site, rng, at, firm, (subject, question)), at)
    if rfi["cost_impact"]["status"].startswith("yes"):
        site.waiting["costly rfis"].append(rfi["id"])
    moment = later(rng, at, 6)
    while moment <= until and not rfi["draft"] and rng.random() < 0.8:
        final = rng.random() < 0.75
        text = answer if final else "Under review; more to follow."
        answer_rfi(site, rng, rfi, moment, text, official=final)
        if final:
            site.state.update("rfis", rfi["id"], closing(moment), at=moment)
            break
        moment = later(rng, moment, 4)
    return rfi


def _trade_of(firm: Firm) -> Trade:
    if firm.trade is None:
        raise ValueError(f"{firm.name} has no trade: only subcontractors ask questions and submit")
    return firm.trade


def _rfi_fields(site: Site, rng: Random, at: datetime, firm: Firm, asked: tuple[str, str]) -> Fields:
    trade, number = _trade_of(firm), site.number("rfi")
    asker, answerer, manager = firm.people[0].ref, site.designer_ref(rng), site.staff_ref(rng)
    is_draft = rng.random() < 0.04
    cost, delay = rng.choice(_IMPACTS), rng.choice(_IMPACTS)
    location = site.location(rng)
    place = f" at {location['node_name']}" if location else ""
    return {
        "number": str(number),
        "full_number": f"RFI-{number:03d}",
        "prefix": "RFI-",
        "subject": asked[0] + place,
        "status": "draft" if is_draft else "open",
        "translated_status": "Draft" if is_draft else "Open",
        "draft": is_draft,
        "accepted": False,
        "private": rng.random() < 0.05,
        "reference": f"{trade.discipline[0]}-{rng.randint(101, 412)}",
        "due_date": day_text(at, 7 + rng.randint(0, 7)),
        "initiated_at": None if is_draft else stamp(at),
        "time_resolved": None,
        "created_by": manager,
        "assignee": answerer,
        "assignees": [{**answerer, "locale": None, "response_required": True}],
        "ball_in_court": answerer,
        "ball_in_courts": [answerer],
        "ball_in_court_role": "Assignee",
        "rfi_manager": manager,
        "received_from": asker,
        "responsible_contractor": firm.ref,
        "distribution_list": [asker, manager],
        "location": location,
        "location_id": location["id"] if location else None,
        "cost_code": site.cost_codes.get(trade.name),
        "cost_impact": {
            "status": cost,
            "value": round(rng.uniform(300, 40_000), 2) if cost == "yes_known" else None,
        },
        "schedule_impact": {"status": delay, "value": rng.randint(1, 15) if delay == "yes_known" else None},
        "specification_section": site.section(rng, trade),
        "drawing_ids": [],
        "drawing_number": None,
        "questions": [_question(site, rng, asker, asked[1], at)],
        "sub_job": None,
        "project_stage": None,
        "custom_textfield_1": {"label": "", "value": None},
        "custom_textfield_2": {"label": "", "value": None},
        "custom_fields": {},
    }


def _question(site: Site, rng: Random, asker: Fields, text: str, at: datetime) -> Fields:
    return {
        "id": site.sub_id(),
        "body": text,
        "question_date": stamp(at),
        "plain_text_body": text,
        "rich_text_body": rich(text),
        "created_by": asker["name"],
        "attachments": site.attachments(rng, "sketch", 0.4),
        "answers": [],
    }


def answer_rfi(site: Site, rng: Random, rfi: Fields, at: datetime, text: str, *, official: bool) -> Fields:
    """A reply from whoever has the ball."""
    author = rfi["ball_in_court"] or rfi["rfi_manager"]
    fields = {
        "official": official,
        "answer_date": stamp(at),
        "plain_text_body": text,
        "rich_text_body": rich(text),
        "created_by": author["name"],
        "created_by_id": author["id"],
        "question_id": rfi["questions"][0]["id"],
        "attachments": site.attachments(rng, "reply", 0.2),
    }
    return site.insert("rfi_replies", fields, at, parent_id=rfi["id"])


def closing(at: datetime) -> Fields:
    """What changes in an RFI whose answer was accepted."""
    return {
        "status": "closed",
        "translated_status": "Closed",
        "draft": False,
        "accepted": True,
        "time_resolved": stamp(at),
        "ball_in_court": None,
        "ball_in_courts": [],
    }


def open_package(site: Site, rng: Random, at: datetime) -> Fields:
    """A submittal package, for one section when there are any."""
    number = site.number("package")
    section = site.section(rng)
    fields: Fields = {
        "number": str(number),
        "title": f"{section['description']} package" if section else f"Package {number}",
        "description": "Everything to be reviewed together",
        "specification_section_id": section["id"] if section else None,
        "submittal_ids": [],
        "attachments": [],
        "attachments_count": 0,
        "created_by": site.staff_ref(rng),
    }
    row = site.insert("submittal_packages", fields, at)
    site.packages.append({name: row[name] for name in ("id", "number", "title", "description")})
    return row


def file_submittal(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    """A submittal sent in at a moment, as far along by `until` as reviews take."""
    firm = site.firm(rng)
    fields = _submittal_fields(site, rng, at, firm)
    submittal = site.insert("submittals", fields, at)
    package = submittal["submittal_package"]
    if package is not None:
        held = site.state.get("submittal_packages", package["id"])["submittal_ids"]
        gathered = {"submittal_ids": [*held, submittal["id"]]}
        site.state.update("submittal_packages", package["id"], gathered, at=at)
    moment = later(rng, at, 4)
    while moment <= until and (changes := review(site, rng, submittal, moment)) is not None:
        site.state.update("submittals", submittal["id"], changes, at=moment)
        moment = later(rng, moment, 7)
    return submittal


def _submittal_fields(site: Site, rng: Random, at: datetime, firm: Firm) -> Fields:
    trade = _trade_of(firm)
    section = site.section(rng, trade)
    kind = rng.choice(SUBMITTAL_TYPES)
    number = site.number("submittal")
    formatted = f"{section['number']}-{number}" if section else str(number)
    title = f"{rng.choice(trade.materials)} - {kind['name']}"
    submitter, manager, reviewer = firm.people[0].ref, site.staff_ref(rng), site.designer_ref(rng)
    attachments = site.attachments(rng, "product-data", 0.6)
    location, cost_code = site.location(rng), site.cost_codes.get(trade.name)
    return {
        "number": str(number),
        "formatted_number": formatted,
        "revision": "0",
        "current_revision": True,
        "title": title,
        "description": f"{title} for {section['description'] if section else trade.name}",
        "private": rng.random() < 0.03,
        "status": SUBMITTAL_STATUSES["Open"],
        "type": kind,
        **_submittal_dates(rng, at),
        "created_by": manager,
        "received_from": submitter,
        "submittal_manager": manager,
        "responsible_contractor": firm.ref,
        "distribution_members": [submitter, manager],
        "ball_in_court": [submitter],
        "specification_section": _with_revision(site, section),
        "submittal_package": rng.choice(site.packages) if site.packages and rng.random() < 0.4 else None,
        "scheduled_task": rng.choice(site.phases) if site.phases and rng.random() < 0.3 else None,
        "location": location,
        "location_id": location["id"] if location else None,
        "cost_code": cost_code,
        "cost_code_id": cost_code["id"] if cost_code else None,
        "sub_job_id": None,
        "approvers": _approvers(site, rng, at, [submitter, manager, reviewer]),
        **_submittal_blanks(),
        "attachments": attachments,
        "attachments_count": len(attachments),
    }


def _with_revision(site: Site, section: Fields | None) -> Fields | None:
    if section is None:
        return None
    current = site.state.get("specification_sections", section["id"])["current_revision_id"]
    return {**section, "current_revision_id": current}


def _submittal_dates(rng: Random, at: datetime) -> Fields:
    lead = rng.choice((0, 14, 28, 42, 84))
    return {
        "due_date": day_text(at, 21),
        "issue_date": day_text(at),
        "received_date": None,
        "submit_by": day_text(at, 7),
        "required_on_site_date": day_text(at, 40 + lead),
        "actual_delivery_date": None,
        "confirmed_delivery_date": None,
        "distributed_at": None,
        "closed_at": None,
        "open_date": day_text(at),
        "lead_time": lead,
        "internal_review_time": 5,
        "design_team_review_time": 10,
        "buffer_time": 0,
    }


def _submittal_blanks() -> Fields:
    return {
        "associated_attachments": [],
        "last_distributed_submittal": None,
        "distributed_submittals": [],
        "submittal_workflow_template": None,
        "submittal_workflow_template_applied_at": None,
        "source_submittal_log_id": None,
        "for_record_only": False,
        "sub_job": None,
        "drawing_ids": [],
        "linked_drawing_ids": [],
        "custom_textarea_1": None,
        "custom_textfield_1": None,
        "custom_fields": {},
    }


def _approvers(site: Site, rng: Random, at: datetime, chain: list[Fields]) -> list[Fields]:
    kinds = ("Submitter", "Approver", "Approver")
    return [
        {
            "id": site.sub_id(),
            "approver_type": kind,
            "user": user,
            "workflow_group_number": group,
            "response_required": True,
            "response": RESPONSES["Pending"],
            "sent_date": day_text(at) if group == 0 else None,
            "due_date": day_text(at, 7 * (group + 1)),
            "returned_date": None,
            "days_to_respond": rng.choice((5, 7, 10)),
            "variance": None,
            "comment": None,
            "distributed": False,
            "associated_attachments": [],
            "attachments": [],
            "submittal_associated_attachment_ids": [],
        }
        for group, (kind, user) in enumerate(zip(kinds, chain, strict=True))
    ]


def review(site: Site, rng: Random, submittal: Fields, at: datetime) -> Fields | None:
    """What changes when the next of the chain responds. None when nobody is left to."""
    approvers = [dict(approver) for approver in submittal["approvers"]]
    waiting = [approver for approver in approvers if approver["returned_date"] is None]
    if not waiting:
        return None
    responder, last = waiting[0], len(waiting) == 1
    name = "Submitted" if responder["approver_type"] == "Submitter" else _verdict(rng, final=last)
    responder.update(
        response=RESPONSES[name],
        returned_date=day_text(at),
        sent_date=responder["sent_date"] or day_text(at),
        variance=rng.randint(-4, 6),
        comment=None if name in ("Submitted", "Approved") else "See comments on the sheets.",
        associated_attachments=site.attachments(rng, "stamped", 0.3),
    )
    if not last:
        waiting[1]["sent_date"] = day_text(at)
    return {"approvers": approvers, **_review_outcome(submittal, waiting, name, at)}


def _verdict(rng: Random, *, final: bool) -> str:
    if not final:
        return "Approved"
    return rng.choices(("Approved", "Approved as Noted", "Revise and Resubmit"), (5, 3, 2))[0]


def _review_outcome(submittal: Fields, waiting: list[Fields], name: str, at: datetime) -> Fields:
    if len(waiting) > 1:
        received = submittal["received_date"] or day_text(at)
        status = SUBMITTAL_STATUSES["In Review"]
        return {"status": status, "ball_in_court": [waiting[1]["user"]], "received_date": received}
    closing = {"closed_at": stamp(at), "distributed_at": stamp(at), "ball_in_court": []}
    return {**closing, "status": SUBMITTAL_STATUSES[name]}
