"""What can happen: each act finds something to be done to, does it and tells what it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from tiebeam.simulators.company import correspondence, drawings, edits, endings, gatherings, paper
from tiebeam.simulators.company.actor import Actor, Done
from tiebeam.simulators.company.site import Site

if TYPE_CHECKING:
    from tiebeam.simulators.procore.tables import RecordId

Act = Callable[[Actor, Site, datetime], Done]


class Change(NamedTuple):
    """One thing that was done; what followed from it in other records (a counter, a parent) is not told.

    `kind` is a name of `ACTS`; `project_id` is None for records of the whole company. A toggled tool is told
    as its name with the id of its project.
    """

    kind: str
    resource: str
    project_id: int | None
    record_id: RecordId


# What a test wants of a burst: many different things, none that ends a project.
BURST_MIX: Mapping[str, float] = MappingProxyType(
    {
        "create": 30.0,
        "edit": 30.0,
        "status": 12.0,
        "reply": 12.0,
        "delete": 7.0,
        "erase": 4.0,
        "restore": 4.0,
        "upload": 1.0,
    }
)
_COMPANY_WIDE = frozenset({"vendors", "users", "projects"})


def perform(actor: Actor, site: Site, name: str, at: datetime) -> list[Change]:
    """One act on a site. Nothing comes back when there was nothing to do it to."""
    if not site.job.active:
        return []
    kind = _FOLLOW_UPS.get(name, name)
    done = _ALL[name](actor, site, at)
    return [
        Change(kind, resource, None if resource in _COMPANY_WIDE else site.project_id, record_id)
        for resource, record_id in done
    ]


def _create(actor: Actor, site: Site, at: datetime) -> Done:
    kind = actor.kind(site)
    if kind is None or (kind == "schedule" and not (site.phases or site.summaries)):
        return []
    if kind == "daily_log_headers":
        kind = "notes_logs"
    resource, fields = paper.create(site, actor.rng, kind, at, at)
    return [(resource, fields["id"])]


def _edit(actor: Actor, site: Site, at: datetime) -> Done:
    if actor.rng.random() < 0.04:
        return edits.edit_directory(site, actor.rng, at)
    kind = actor.kind(site, edits.EDITS)
    if kind is None:
        return []
    with actor.maybe_silently() as told:
        return edits.edit(site, actor.rng, kind, at, touch=told or kind != "meetings")


def _status(actor: Actor, site: Site, at: datetime) -> Done:
    kind = actor.kind(site, edits.MOVES)
    return [] if kind is None else edits.move(site, actor.rng, kind, at)


def _reply(actor: Actor, site: Site, at: datetime) -> Done:
    resource = "observations" if actor.rng.random() < 0.3 else "rfis"
    parent = paper.pick(site, actor.rng, resource) if actor.has_tool(site, resource) else None
    if parent is None:
        return []
    with actor.maybe_silently():
        if resource == "observations":
            return [("observation_response_logs", gatherings.respond(site, actor.rng, parent, at)["id"])]
        reply = correspondence.answer_rfi(
            site, actor.rng, parent, at, "See the attached sketch.", official=False
        )
        return [("rfi_replies", reply["id"])]


def _upload(actor: Actor, site: Site, at: datetime) -> Done:
    """A bulk upload: a new set, all of its sheets published in the same second."""
    if not actor.has_tool(site, "drawings"):
        return []
    rng = actor.rng
    wanted = min(actor.room, 4 + int(rng.expovariate(1 / 14)))
    drawings.issue_set(site, at)
    rows = [row.fields for row in site.state.tables["drawings"].bucket(project_id=site.project_id).sorted()]
    chosen = rng.sample(rows, min(len(rows), wanted))
    done: Done = [
        ("drawing_revisions", drawings.revise_sheet(site, rng, sheet, at)["id"]) for sheet in chosen
    ]
    done += [("drawings", drawings.add_sheet(site, rng, at)["id"]) for _ in range(wanted - len(done))]
    return done


def _round(actor: Actor, site: Site, at: datetime) -> Done:
    """A round of RFIs: one now, the others within the hour."""
    done = _question(actor, site, at)
    for _ in range(min(actor.room - 1, actor.rng.randint(3, 12))):
        if actor.at_once:
            done += _question(actor, site, at)
        else:
            actor.plan(at + timedelta(seconds=actor.rng.randint(20, 3600)), site, "question")
    return done


def _question(actor: Actor, site: Site, at: datetime) -> Done:
    if not actor.has_tool(site, "rfis"):
        return []
    return [("rfis", correspondence.file_rfi(site, actor.rng, at, at)["id"])]


ACTS: Mapping[str, Act] = MappingProxyType(
    {
        "create": _create,
        "edit": _edit,
        "status": _status,
        "reply": _reply,
        "upload": _upload,
        "round": _round,
        "delete": endings.delete,
        "erase": endings.erase,
        "restore": endings.restore,
        "purge": endings.purge,
        "hide": endings.hide,
        "show": endings.show,
        "retire": endings.retire,
        "finish": endings.finish,
        "toggle": endings.toggle,
    }
)
# Acts that only follow others, and as what they are told.
_FOLLOW_UPS = {"question": "round", "mend": "toggle"}
_ALL: dict[str, Act] = {**ACTS, "question": _question, "mend": endings.mend}
