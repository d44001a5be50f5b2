"""Acts that take something away, for now or for good, and those that bring it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.simulators.company import paper
from tiebeam.simulators.company.actor import Done, Place
from tiebeam.simulators.company.logs import MAKERS
from tiebeam.simulators.company.moments import later

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.simulators.company.actor import Actor
    from tiebeam.simulators.company.site import Site

BINNED = (
    "rfis",
    "submittals",
    "observations",
    "meetings",
    "drawing_revisions",
    "images",
    "documents",
    "change_events",
    "potential_change_orders",
    "change_order_requests",
    "change_order_packages",
)
ERASED = (*MAKERS, "schedule")
# Nothing refers to these, so that they may vanish from the bin as well.
_PURGED = ("documents", "images")
_PRIVATE = ("rfis", "submittals", "documents")
_TOGGLED = ("observations", "meetings", "photos", "daily_log", "rfis", "specifications")
_FIRMS_MIN, _OPEN_SITES_MIN = 2, 2


def delete(actor: Actor, site: Site, at: datetime) -> Done:
    """A record goes to its bin; folders stay, for what is inside them."""
    kind = actor.kind(site, BINNED)
    fields = paper.pick(site, actor.rng, kind) if kind else None
    if kind is None or fields is None or fields.get("document_type") == "folder":
        return []
    actor.state.delete(kind, fields["id"], at=at)
    actor.binned.append(Place(kind, site.project_id, fields["id"]))
    return [(kind, fields["id"])]


def erase(actor: Actor, site: Site, at: datetime) -> Done:
    """A daily log, or a line of the schedule that nothing hangs on, is deleted for ever."""
    kind = actor.kind(site, ERASED)
    if kind is None:
        return []
    if kind == "schedule":
        return _erase_line(actor, site, at)
    fields = paper.pick(site, actor.rng, kind)
    if fields is None:
        return []
    actor.state.delete(kind, fields["id"], at=at)
    return [(kind, fields["id"])]


def _erase_line(actor: Actor, site: Site, at: datetime) -> Done:
    resource = "activities" if site.summaries else "tasks"
    fields = paper.pick(site, actor.rng, resource)
    if fields is None or fields["parent_id"] is None:
        return []
    done: Done = []
    for link in actor.state.rows("activity_links", project_id=site.project_id):
        if fields["id"] in (link["from_activity"], link["to_activity"]):
            actor.state.delete("activity_links", link["id"], at=at)
            done.append(("activity_links", link["id"]))
    actor.state.delete(resource, fields["id"], at=at)
    return [(resource, fields["id"]), *done]


def _unbin(actor: Actor, site: Site, among: tuple[str, ...]) -> Place | None:
    """Something out of the site's bin; what others took out meanwhile is forgotten."""
    mine = [
        place for place in actor.binned if place.project_id == site.project_id and place.resource in among
    ]
    if not mine:
        return None
    place = actor.rng.choice(mine)
    actor.binned.remove(place)
    row = actor.state.tables[place.resource].find(place.record_id)
    return place if row is not None and row.deleted_at is not None else None


def restore(actor: Actor, site: Site, at: datetime) -> Done:
    """Something comes back from a bin."""
    place = _unbin(actor, site, BINNED)
    if place is None:
        return []
    actor.state.restore(place.resource, place.record_id, at=at)
    return [(place.resource, place.record_id)]


def purge(actor: Actor, site: Site, at: datetime) -> Done:
    """Something is removed from a bin for good."""
    del at
    place = _unbin(actor, site, _PURGED)
    if place is None:
        return []
    actor.state.purge(place.resource, place.record_id)
    return [(place.resource, place.record_id)]


def hide(actor: Actor, site: Site, at: datetime) -> Done:
    """A record is made private: it lives on, but not for us."""
    del at
    kind = actor.rng.choice(_PRIVATE)
    fields = paper.pick(site, actor.rng, kind)
    if fields is None:
        return []
    actor.state.hide(kind, fields["id"])
    actor.hidden.append(Place(kind, site.project_id, fields["id"]))
    return [(kind, fields["id"])]


def show(actor: Actor, site: Site, at: datetime) -> Done:
    """A private record is opened again."""
    del at
    mine = [place for place in actor.hidden if place.project_id == site.project_id]
    if not mine:
        return []
    place = actor.rng.choice(mine)
    actor.hidden.remove(place)
    actor.state.unhide(place.resource, place.record_id)
    return [(place.resource, place.record_id)]


def retire(actor: Actor, site: Site, at: datetime) -> Done:
    """A subcontractor closes its doors, on every open project at once; each keeps a few."""
    open_sites = [each for each in actor.sites if each.job.active]
    needed = {firm.id for each in open_sites if len(each.firms) <= _FIRMS_MIN for firm in each.firms}
    firms = [firm for firm in site.firms if firm.id not in needed]
    if not firms:
        return []
    firm = actor.rng.choice(firms)
    firm.active = False
    actor.state.delete("vendors", firm.id, at=at)
    for each in open_sites:
        if firm in each.firms:
            each.firms.remove(firm)
            actor.state.delete("project_vendors", firm.id, at=at, project_id=each.project_id)
    return [("vendors", firm.id)]


def finish(actor: Actor, site: Site, at: datetime) -> Done:
    """A project is completed and made inactive; the last two stay open."""
    if sum(each.job.active for each in actor.sites) <= _OPEN_SITES_MIN:
        return []
    site.job.active = False
    closing = {
        "project_stage_id": 6103,
        "project_stage": {"id": 6103, "name": "Post-Construction"},
        "completion_date": at.date().isoformat(),
    }
    actor.state.update("projects", site.project_id, closing, at=at)
    actor.state.delete("projects", site.project_id, at=at)
    return [("projects", site.project_id)]


def toggle(actor: Actor, site: Site, at: datetime) -> Done:
    """A tool is switched off and some days later on again, or on where there was none."""
    tool = actor.rng.choice(_TOGGLED)
    enabled = not actor.state.tool_enabled(site.project_id, tool)
    actor.state.set_tool(site.project_id, tool, enabled)
    if not enabled and not actor.at_once:
        actor.plan(later(actor.rng, at, 1), site, "mend")
    return [(tool, site.project_id)]


def mend(actor: Actor, site: Site, at: datetime) -> Done:
    """The first tool that is off is switched on again."""
    del at
    for tool in _TOGGLED:
        if not actor.state.tool_enabled(site.project_id, tool):
            actor.state.set_tool(site.project_id, tool, True)
            return [(tool, site.project_id)]
    return []
