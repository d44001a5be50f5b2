"""The approval page of the mass-delete fuse: many deletions at once wait here for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.replicate.history.repository import History
from tiebeam.web.places import places
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from tiebeam.app import App
    from tiebeam.replicate.model import Hold
    from tiebeam.web.call import Call

EXAMPLES_MAX = 10
DECIDED_MAX = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A hold with a few of its records by name."""

    hold: Hold
    titles: Mapping[str, str]

    @property
    def share(self) -> int:
        """How many of a hundred live records it is about."""
        return round(100 * len(self.hold.keys) / self.hold.live) if self.hold.live else 100


async def deletions_page(call: Call) -> Response:
    """Show what waits for a decision, and what was decided."""
    app, named = await call.app(), await places(call)
    holds = [one for one in await app.holds(waiting_only=False) if named.sees(one.scope_text)]
    waiting = [one for one in holds if one.status == "waiting"]
    decided = sorted((one for one in holds if one.decided_at), key=lambda one: one.id, reverse=True)
    return call.render(
        "deletions.html",
        title="Held deletions",
        waiting=[await _shown(app, one) for one in waiting],
        decided=decided[:DECIDED_MAX],
        places=named,
    )


async def _shown(app: App, hold: Hold) -> Shown:
    keys = hold.keys[:EXAMPLES_MAX]
    called = await History(app.store, app.tenant.id).called(hold.feed_id, keys)
    return Shown(hold, {key: called.get(key) or f"number {key}" for key in keys})


async def decide(call: Call) -> Response:
    """Apply or refuse held deletions, once their number is confirmed."""
    app, named = await call.app(), await places(call)
    hold_id, decision = int(call.request.path_params["hold_id"]), call.posted("decision")
    waiting = {one.id: one for one in await app.holds() if named.sees(one.scope_text)}
    hold = waiting.get(hold_id)
    if hold is None:
        raise BadInputError(
            f"No deletions wait under number {hold_id}: somebody decided, or they were seen again.",
            action="Go back to the held deletions and look again.",
        )
    if decision not in ("approve", "refuse"):
        raise BadInputError("What to decide was not said.", action="Press one of the two buttons.")
    count = len(hold.keys)
    if call.posted("confirm").replace(",", "") != str(count):
        raise BadInputError(
            f"The number that was typed is not {count}, the number of records.",
            action=f"Go back and type {count} if all {count} are to be decided on.",
        )
    person, approve = call.viewer.person, decision == "approve"
    deleted = await app.decide_hold(hold_id, approve=approve, by=person.email)
    if deleted is None:
        return call.to("/deletions", notice="Somebody else decided a moment before.")
    detail = {"stream": hold.stream, "scope": hold.scope_text, "records": count, "deleted": deleted}
    act = "hold.approved" if approve else "hold.refused"
    await call.house.trail.note(app.tenant.id, person.actor, act, f"hold:{hold_id}", detail)
    return call.to("/deletions", notice=_told(count, deleted, approve=approve))


def _told(count: int, deleted: int, *, approve: bool) -> str:
    if not approve:
        return f"All {count:,} stay. They are asked about again only if two more complete readings miss them."
    spared = f" {count - deleted:,} were seen again meanwhile and stay." if deleted < count else ""
    return f"{deleted:,} records are marked as deleted; what was in them is kept.{spared}"


ROWS = (
    Row("GET", "/deletions", Permission.HOLDS_DECIDE, deletions_page),
    Row("POST", "/deletions/{hold_id:int}", Permission.HOLDS_DECIDE, decide),
)
