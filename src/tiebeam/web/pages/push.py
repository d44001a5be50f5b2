"""What is on its way to other systems: what is stuck and why, what was sent, and what has it sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from tiebeam.identity.permissions import Permission
from tiebeam.integration import Integration
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.push.board.model import WORDS
from tiebeam.push.triggers.model import BATCH_MINUTES_MAX, BATCH_MINUTES_MIN, Triggers
from tiebeam.pushing import Pushing
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from starlette.responses import Response

    from tiebeam.push.board.model import Standing
    from tiebeam.web.call import Call

STUCK_MAX: Final = 50
OPTIONS_MAX: Final = 600
"""So much to choose from is offered on one page; of what is left a link leads to the document."""
FIXES: Final[Mapping[str, str]] = {
    "push.project_not_mapped": "/settings/integrations/procore/projects",
    "push.not_connected": "/settings/integrations/procore",
    "procore.tickets_off": "/push/procore",
}
"""Where a cause is mended that lies in no document."""

OWNERS: Final[Mapping[str, str]] = {
    Owner.NOBODY: "it passes by itself",
    Owner.OFFICE: "for the office",
    Owner.ADMIN: "for an administrator",
    Owner.OPERATOR: "for whoever runs Tiebeam",
    Owner.DEVELOPER: "a fault of Tiebeam",
}


async def push_page(call: Call) -> Response:
    """Show how many documents are where, and everything that is stuck."""
    pushing, seen = Pushing(await call.app()), await _seen(call)
    before = await _before(call, pushing)
    found = await pushing.board().stuck(projects=seen, before=before, limit=STUCK_MAX + 1)
    stuck = found[:STUCK_MAX]
    return call.render(
        "push.html",
        title="Sent documents",
        **await mending(call, pushing, stuck),
        counts=await pushing.board().counts(seen),
        words=WORDS,
        stuck=stuck,
        older=str(stuck[-1].intent_id) if len(found) > STUCK_MAX else None,
        first=before is None,
        targets={name: await pushing.triggers().of(name) for name in sorted(pushing.targets())},
        least=BATCH_MINUTES_MIN,
        most=BATCH_MINUTES_MAX,
    )


async def push_one(call: Call) -> Response:
    """Show exactly what was sent of a document."""
    pushing = Pushing(await call.app())
    one = await visible(call, pushing, _id(call.request.path_params["intent_id"]))
    if one is None:
        return call.to("/push", notice="There is no such document, or it is not for you to see.")
    board = pushing.board()
    return call.render(
        "push_one.html",
        title=one.number,
        one=one,
        page=await pushing.page(one),
        **await mending(call, pushing, [one]),
        steps=await board.steps(one.intent_id),
        attempts=await board.attempts(one.intent_id),
    )


async def send_again(call: Call) -> Response:
    """Go on with one document, or several."""
    pushing, wish = Pushing(await call.app()), call.posted("wish")
    if wish not in ("again", "keep"):
        raise BadInputError("What to do was not said.", action="Press one of the page's buttons.")
    named = call.form.getlist("intent")[:STUCK_MAX] if call.form is not None else []
    found = [await visible(call, pushing, _id(str(one))) for one in named]
    ids = [one.intent_id for one in found if one is not None]
    woken = await pushing.send_again(ids, sent_stands=wish == "keep")
    detail = {"intents": [str(one) for one in woken], "keep_sent": wish == "keep"}
    await call.note("push.sent_again", "push_intent:several", detail)
    if not woken:
        return call.to("/push", notice="There was nothing to send: it is there already.")
    what = "1 document goes on" if len(woken) == 1 else f"{len(woken)} documents go on"
    return call.to("/push", notice=f"{what}: each is looked for first, and sent only if it is not there.")


async def choose_triggers(call: Call) -> Response:
    """Choose what has documents sent to a target."""
    pushing, target = Pushing(await call.app()), call.request.path_params["target"]
    await pushing.require(target, trigger="settings")
    minutes = call.posted("batch_minutes", most=10)
    if minutes and not (minutes.isascii() and minutes.isdigit()):
        raise BadInputError("The minutes are no number.", action="Give whole minutes, or nothing.")
    wanted = Triggers(
        button=call.posted("button") == "on",
        on_approval=call.posted("on_approval") == "on",
        batch_minutes=int(minutes) if minutes else None,
    )
    await pushing.triggers().choose(target, wanted)
    detail = {
        "button": wanted.button,
        "on_approval": wanted.on_approval,
        "batch_minutes": wanted.batch_minutes,
    }
    await call.note("push_trigger.set", f"push_target:{target}", detail)
    return call.to("/push", notice=f"What has documents sent to {target} is saved.")


async def mending(call: Call, pushing: Pushing, standings: Sequence[Standing]) -> dict[str, Any]:
    """Return what the box of each of these needs to say who mends it, and to offer how."""
    left, remedies = OPTIONS_MAX, {}
    found = await pushing.remedies(standings) if call.viewer.may(Permission.FIELD_REVIEW) else {}
    for one in standings:
        remedy = found.get(one.intent_id)
        if remedy is not None and len(remedy.options) <= left:
            left -= len(remedy.options)
            remedies[one.intent_id] = remedy
    versions = await pushing.versions([one.document_id for one in standings if one.intent_id in remedies])
    return {"owners": OWNERS, "fixes": FIXES, "remedies": remedies, "looked_at": versions}


async def _seen(call: Call) -> frozenset[str] | None:
    own = await Integration(await call.app()).own_projects(call.viewer.person.project_ids)
    return None if own is None else frozenset(map(str, own))


async def visible(call: Call, pushing: Pushing, intent_id: UUID) -> Standing | None:
    """Return how an intent stands; None when there is none, or it is not for the viewer to see."""
    one, seen = await pushing.board().one(intent_id), await _seen(call)
    return one if one is not None and (seen is None or one.project in seen) else None


async def _before(call: Call, pushing: Pushing) -> tuple[datetime, UUID] | None:
    text = call.asked("before")
    if not text:
        return None
    one = await visible(call, pushing, _id(text))
    return (one.wanted_at, one.intent_id) if one else None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInputError("Which document was not said.", action="Press the button beside it.") from None


ROWS = (
    Row("GET", "/push", Permission.PUSH_RUN, push_page),
    Row("GET", "/push/sent/{intent_id}", Permission.PUSH_RUN, push_one),
    Row("POST", "/push/again", Permission.PUSH_RUN, send_again),
    Row("POST", "/push/triggers/{target}", Permission.PUSH_MANAGE, choose_triggers),
)
