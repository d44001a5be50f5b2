"""How each kind of record comes to be on a site: the same for the past and for what happens next."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tiebeam.simulators.company import (
    change_events,
    correspondence,
    daily,
    drawings,
    gatherings,
    media,
    money,
    schedule,
)
from tiebeam.simulators.company.logs import MAKERS
from tiebeam.simulators.procore.resources import RESOURCES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random

    from tiebeam.simulators.company.site import Fields, Site

    Creator = Callable[[Site, Random, datetime, datetime], Fields]

_TRIES = 8


def pick(site: Site, rng: Random, resource: str) -> Fields | None:
    """A record of this project that a list shows, more likely a recent one; None when none is met."""
    rows = site.state.tables[resource].bucket(project_id=site.project_id).sorted()
    for _ in range(_TRIES if rows else 0):
        row = rows[len(rows) - 1 - int(len(rows) * rng.random() ** 2)]
        if row.live:
            return row.fields
    return None


def create(site: Site, rng: Random, kind: str, at: datetime, until: datetime) -> tuple[str, Fields]:
    """A record of a kind made at a moment, as it is by `until`; with the name of its resource."""
    if kind == "schedule":
        kind = "activities" if site.summaries else "tasks"
    return kind, CREATORS[kind](site, rng, at, until)


def _revision(site: Site, rng: Random, at: datetime, _until: datetime) -> Fields:
    drawing = pick(site, rng, "drawings") or drawings.add_sheet(site, rng, at)
    return drawings.revise_sheet(site, rng, drawing, at)


def _response(site: Site, rng: Random, at: datetime, until: datetime) -> Fields:
    observation = pick(site, rng, "observations") or gatherings.observe(site, rng, at, until)
    return gatherings.respond(site, rng, observation, at)


def _package(site: Site, rng: Random, at: datetime, _until: datetime) -> Fields:
    return correspondence.open_package(site, rng, at)


def _log(kind: str, site: Site, rng: Random, at: datetime, _until: datetime) -> Fields:
    return daily.write_log(site, rng, kind, site.local(at).date(), at)


def _sheet(site: Site, rng: Random, at: datetime, _until: datetime) -> Fields:
    return drawings.add_sheet(site, rng, at)


def _photo(site: Site, rng: Random, at: datetime, _until: datetime) -> Fields:
    return media.take_photo(site, rng, at)


def _document(site: Site, rng: Random, at: datetime, _until: datetime) -> Fields:
    return media.file_document(site, rng, at)


CREATORS: dict[str, Creator] = {
    "rfis": correspondence.file_rfi,
    "submittals": correspondence.file_submittal,
    "submittal_packages": _package,
    "meetings": gatherings.hold_meeting,
    "observations": gatherings.observe,
    "observation_response_logs": _response,
    "drawings": _sheet,
    "drawing_revisions": _revision,
    "images": _photo,
    "documents": _document,
    "change_events": change_events.raise_event,
    "potential_change_orders": money.price_change,
    "change_order_requests": money.request_change,
    "change_order_packages": money.package_change,
    "tasks": schedule.add_task,
    "activities": schedule.add_activity,
    **{kind: partial(_log, kind) for kind in MAKERS},
}


def tool_of(kind: str) -> str:
    """The tool that a kind of record belongs to."""
    return RESOURCES["tasks" if kind == "schedule" else kind].tool or "directory"
