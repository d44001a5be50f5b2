"""Opening a project: its row, its directory, its places and its codes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tiebeam.simulators.company import names
from tiebeam.simulators.company.moments import ZONES, at_midnight
from tiebeam.simulators.company.site import Fields, Job, Site
from tiebeam.simulators.procore.identifiers import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from itertools import count
    from random import Random

    from tiebeam.simulators.company.cast import Cast, Firm, Person
    from tiebeam.simulators.company.plan import ProjectPlan
    from tiebeam.simulators.company.trades import Trade
    from tiebeam.simulators.procore.state import ProcoreState

_STAGES = ("Pre-Construction", "Course of Construction", "Course of Construction", "Post-Construction")
_FLOORS = ("Level 1", "Level 2", "Level 3", "Roof", "Basement", "Site", "Mechanical Room", "Lobby", "Stair 2")
_LEFT_EMPTY = (
    "accounting_project_number",
    "designated_market_area",
    "origin_code",
    "origin_data",
    "owners_project_id",
    "parent_job_id",
    "code",
    "delivery_method",
    "dictionary_type",
    "from_project_template_id",
    "inbound_email_address",
    "logo_id",
    "parent_job",
    "persistent_message",
    "photo_url",
    "project_bid_type",
    "project_owner_type",
    "project_region",
    "project_sector_id",
    "project_type",
    "sector",
    "standard_cost_code_list_id",
    "work_scope",
    "photo_id",
    "project_bid_type_id",
    "project_owner_type_id",
    "project_region_id",
    "project_template",
    "store_number",
    "flag",
    "logo_url",
    "office",
    "public_notes",
    "warranty_start_date",
    "warranty_end_date",
    "inbound_email",
    "program",
)
_SEGMENT = {
    "id": 88_001,
    "name": "Cost Code",
    "type": "cost_code",
    "position": 1,
    "delimiter": "-",
    "required": True,
    "structure": "tiered",
    "wbs_pattern_id": 88_100,
}


@dataclass(slots=True)
class Founder:
    """Opens projects one after the other."""

    state: ProcoreState
    cast: Cast
    sub_ids: count[int]
    start: datetime

    def open(self, plan: ProjectPlan, rng: Random) -> Site:
        """The project of a plan with everything but its paperwork."""
        made = at_midnight(plan.first_day) - timedelta(days=rng.randint(5, 40), hours=-15)
        firms = self._firms(plan, rng)
        job, architect = self._job(plan, rng, firms, made)
        staff = [job.project_manager, job.superintendent, self._one_of("Project Engineer", plan, rng)]
        designers = [*architect.people, job.owner.people[0]]
        site = Site(
            state=self.state,
            job=job,
            sub_ids=self.sub_ids,
            staff=staff,
            designers=designers,
            firms=firms,
            locations=[],
            cost_codes={},
            wbs_codes={},
        )
        _enrol(site, [self.cast.own, architect, job.owner], made)
        root = math.sqrt(max(1, plan.items))
        _locate(site, rng, max(1, min(30, round(root / 5))), made)
        _codify(site, made)
        for tool in plan.tools_off:
            self.state.set_tool(site.project_id, tool, enabled=False)
        return site

    def _firms(self, plan: ProjectPlan, rng: Random) -> list[Firm]:
        """Subcontractors of different trades first, so that a small project has no two of one."""
        wanted = max(2, min(25, round(math.sqrt(max(1, plan.items)) * 0.35)))
        by_trade: dict[str, list[Firm]] = {}
        for firm in self.cast.subcontractors:
            by_trade.setdefault(firm.trade.name if firm.trade else "", []).append(firm)
        first = [rng.choice(group) for group in by_trade.values()]
        rng.shuffle(first)
        others = [firm for firm in self.cast.subcontractors if firm not in first]
        rng.shuffle(others)
        return (first + others)[:wanted]

    def _one_of(self, role: str, plan: ProjectPlan, rng: Random) -> Person:
        people = self.cast.with_role(role)
        return people[(plan.index + int(rng.random() * 2)) % len(people)]

    def _job(self, plan: ProjectPlan, rng: Random, firms: list[Firm], made: datetime) -> tuple[Job, Firm]:
        architect, owner = rng.choice(self.cast.architects), rng.choice(self.cast.owners)
        place = rng.choice(names.PLACES)
        value = Decimal(int(rng.lognormvariate(15.6, 0.9))).quantize(Decimal("0.01"))
        finish = plan.first_day + timedelta(days=rng.randint(240, 620))
        job = Job(
            project_id=0,
            number=f"{plan.first_day:%y}-1-{plan.index + 1:03d}",
            name=names.project_name(rng),
            owner=owner,
            estimator=self._one_of("Estimator", plan, rng),
            project_manager=self._one_of("Project Manager", plan, rng),
            superintendent=self._one_of("Superintendent", plan, rng),
            contract_value=value,
            first_day=plan.first_day,
            finish_day=finish,
            time_zone=place[4],
            offset_hours=ZONES[place[4]][1],
            crew_sizes={firm.trade.name: rng.randint(2, 14) for firm in firms if firm.trade},
            active=plan.active,
        )
        fields = _project_fields(rng, job, place, self.state.company_id, self.cast.own.name)
        touched = min(
            self.start - timedelta(hours=3), at_midnight(plan.first_day) + timedelta(days=20, hours=17)
        )
        row = self.state.insert("projects", {**fields, "updated_at": stamp(max(made, touched))}, at=made)
        job.project_id = row["id"]
        return job, architect


def _project_fields(
    rng: Random, job: Job, place: tuple[str, str, str, str, str, float, float], company_id: int, company: str
) -> Fields:
    city, region, postcode, county, zone, latitude, longitude = place
    stage = rng.randrange(len(_STAGES)) if job.active else 3
    return {
        "name": job.name,
        "display_name": f"{job.number} - {job.name}",
        "project_number": job.number,
        "address": names.street_address(rng),
        "city": city,
        "state_code": region,
        "zip": postcode,
        "county": county,
        "country_code": "US",
        "latitude": round(latitude + rng.uniform(-0.2, 0.2), 6),
        "longitude": round(longitude + rng.uniform(-0.2, 0.2), 6),
        "time_zone": zone,
        "tz_name": ZONES[zone][0],
        "active": job.active,
        "start_date": job.first_day.isoformat(),
        "completion_date": job.finish_day.isoformat(),
        "estimated_value": str(job.contract_value),
        "total_value": str(job.contract_value),
        "project_stage_id": 6100 + stage,
        "project_stage": {"id": 6100 + stage, "name": _STAGES[stage]},
        "company": {"id": company_id, "name": company},
        "phone": names.phone(rng),
        "square_feet": rng.randint(8, 400) * 1000,
        "origin_id": f"J{job.number}",
        "description": f"{job.name} for {job.owner.name}",
        "created_by": job.estimator.ref,
        "custom_fields": {"custom_field_4401": {"data_type": "string", "value": job.estimator.name}},
        **_project_blanks(job),
    }


def _project_blanks(job: Job) -> Fields:
    return {
        **dict.fromkeys(_LEFT_EMPTY),
        "is_demo": False,
        "is_erp_integrated": False,
        "departments": [],
        "template": False,
        "locale": "en",
        "actual_start_date": job.first_day.isoformat(),
        "estimated_start_date": job.first_day.isoformat(),
        "estimated_completion_date": job.finish_day.isoformat(),
        "projected_finish_date": job.finish_day.isoformat(),
    }


def _enrol(site: Site, offices: list[Firm], made: datetime) -> None:
    """The directory of the project, with the same ids as the company's."""
    for firm in (*offices, *site.firms):
        fields = site.state.get("vendors", firm.id)
        on_projects = [*fields["project_ids"], site.project_id]
        site.state.update("vendors", firm.id, {"project_ids": on_projects}, touch=False, at=made)
        site.insert("project_vendors", {**fields, "project_ids": [site.project_id]}, made)
    workers = [person for firm in site.firms for person in firm.people[1:]]
    for person in dict.fromkeys([*site.members, *workers]):
        if person.user_id is not None:
            site.insert("project_users", dict(site.state.get("users", person.user_id)), made)
        party = site.state.get("people", person.party_id)
        site.insert("project_people", {**party, "updated_at": stamp(made)}, made)


def _locate(site: Site, rng: Random, wanted: int, made: datetime) -> None:
    buildings = ("Building A", "Building B", "North Wing", "South Wing")
    for index in range(wanted):
        building, floor = buildings[index // len(_FLOORS) % 4], _FLOORS[index % len(_FLOORS)]
        fields = {
            "name": f"{building}>{floor}",
            "node_name": floor,
            "parent_id": None,
            "created_at": stamp(made),
            "updated_at": stamp(made + timedelta(days=rng.randint(0, 5))),
        }
        site.locations.append(dict(site.insert("locations", fields, made)))


def _codify(site: Site, made: datetime) -> None:
    trades: dict[str, Trade] = {firm.trade.name: firm.trade for firm in site.firms if firm.trade}
    for position, trade in enumerate(trades.values(), start=1):
        code = site.insert("cost_codes", _cost_code(site, trade, position), made)
        site.cost_codes[trade.name] = {"id": code["id"], "name": trade.name}
        wbs = site.insert("wbs_codes", _wbs_code(site, trade, stamp(made)), made)
        site.wbs_codes[trade.name] = {
            "id": wbs["id"],
            "flat_code": wbs["flat_code"],
            "description": wbs["description"],
        }


def _cost_code(site: Site, trade: Trade, position: int) -> Fields:
    full_code = trade.cost_code
    return {
        "name": trade.name,
        "code": full_code.split("-")[1],
        "full_code": full_code,
        "sortable_code": full_code,
        "biller": site.job.name,
        "biller_id": site.project_id,
        "biller_type": "Project",
        "biller_origin_id": f"J{site.job.number}",
        "budgeted": True,
        "deleted_at": None,
        "origin_id": f"{site.job.number}.{full_code}",
        "origin_data": None,
        "parent": {"id": None},
        "position": position,
        "standard_cost_code_id": 91_000 + position,
        "line_item_types": [
            {
                "id": 501,
                "name": "Labor",
                "code": "L",
                "base_type": "other",
                "origin_id": None,
                "origin_data": None,
            },
            {
                "id": 502,
                "name": "Materials",
                "code": "M",
                "base_type": "materials",
                "origin_id": None,
                "origin_data": None,
            },
        ],
    }


def _wbs_code(site: Site, trade: Trade, made: str) -> Fields:
    item = {
        "id": site.sub_id(),
        "code": trade.cost_code,
        "name": trade.name,
        "created_at": made,
        "updated_at": made,
        "parent_id": None,
        "path_code": trade.cost_code,
        "path_codes": trade.cost_code.split("-"),
        "path_names": [trade.name],
        "path_ids": [],
        "is_parent": False,
        "in_use": True,
        "segment": _SEGMENT,
        "status": "active",
    }
    return {
        "flat_code": f"{trade.cost_code}.O",
        "flat_name": f"{trade.name}.Other",
        "description": trade.name,
        "status": "active",
        "segment_items": [item],
        "wbs_pattern_id": 88_100,
    }
