"""Sending a document from its own page: how it stands, what would be sent, the button, what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tiebeam.field.model import Standing
from tiebeam.field.repository import Hand
from tiebeam.identity.permissions import Permission
from tiebeam.kernel.errors import BadInputError
from tiebeam.push.model import Blocked, Steps, Waiting
from tiebeam.pushing import Pushing
from tiebeam.web.pages.field import site_of
from tiebeam.web.pages.integration import uuid_of
from tiebeam.web.pages.push import OWNERS, visible
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from tiebeam.field.model import Document
    from tiebeam.push.model import PlannedStep
    from tiebeam.web.call import Call

SENT_MAX: Final = 200
"""So many are sent at once."""
_SHOWN_CHARACTERS_MAX: Final = 4_000


@dataclass(frozen=True, slots=True)
class Write:
    """One write that would be made."""

    step: PlannedStep
    place: str
    """Where it would go, such as `POST /rest/v1.0/images`; empty where the target knows no such thing."""
    file: str
    """The name of the file that goes along; empty without one."""


async def preview_page(call: Call) -> Response:
    """Show exactly what would be sent of a document, and send nothing."""
    site = await site_of(call)
    document, target = await site.named(call), call.request.path_params["target"]
    pushing = Pushing(await call.app())
    await pushing.require(target, trigger="preview")
    plan = await pushing.preview(document, target)
    return call.render(
        "push_preview.html",
        title=f"What would be sent of {document.number}",
        document=document,
        site=site,
        target=target,
        owners=OWNERS,
        blocked=plan if isinstance(plan, Blocked) else None,
        waits_for=plan.reason if isinstance(plan, Waiting) else None,
        writes=_writes(plan.steps) if isinstance(plan, Steps) else [],
        longest=_SHOWN_CHARACTERS_MAX,
        can_send=document.standing is Standing.APPROVED and not document.locked_reason,
    )


def _writes(steps: Sequence[PlannedStep]) -> list[Write]:
    return [Write(one, _place(one), (one.payload.get("file") or {}).get("name", "")) for one in steps]


def _place(step: PlannedStep) -> str:
    path = step.payload.get("path")
    pieces = [path] if isinstance(path, str) else path or []
    known = "".join(one if isinstance(one, str) else "…" for one in pieces)
    return f"{step.payload.get('method', '')} {known}".strip()


async def send(call: Call) -> Response:
    """Have approved documents sent, each once however often it is pressed; tell what became of each."""
    site, target = await site_of(call), call.posted("target", most=40)
    assert call.form is not None
    named = [str(one) for one in call.form.getlist("document")][:SENT_MAX]
    documents = [await site.document(uuid_of(one)) for one in dict.fromkeys(named)]
    if not documents:
        raise BadInputError("No document was ticked.", action="Tick those that are to be sent.")
    ready = [one for one in documents if one.standing is Standing.APPROVED]
    person, pushing = call.viewer.person, Pushing(await call.app())
    await pushing.send(ready, target, by=person.name)
    detail = {"target": target, "documents": [str(one.id) for one in ready]}
    await call.note("push.sent", f"push_target:{target}", detail)
    here = f"/field/{documents[0].id}" if len(documents) == 1 else "/field"
    return call.to(here, notice=_told(documents, ready, target.capitalize()))


def _told(documents: Sequence[Document], ready: Sequence[Document], target: str) -> str:
    """Return what became of each: those that go, and those that do not because nobody has approved them."""
    goes = ", ".join(one.number for one in ready)
    left = ", ".join(f"{one.number} ({one.standing})" for one in documents if one not in ready)
    told = [f"{goes} {'goes' if len(ready) == 1 else 'go'} to {target}."] if goes else []
    return " ".join([*told, *([f"Only what is approved is sent, so not: {left}."] if left else [])])


async def mend(call: Call) -> Response:
    """Put what was chosen where a document named something wrongly, and send it again."""
    pushing = Pushing(await call.app())
    one = await visible(call, pushing, uuid_of(call.posted("intent")))
    version = call.posted("version", most=9)
    if one is None or not (version.isascii() and version.isdigit()):
        raise BadInputError("Which document was not said.", action="Press the button beside it.")
    viewer = call.viewer
    if not viewer.may(Permission.FIELD_REVIEW):
        raise BadInputError("Your role corrects no documents.", action="Ask somebody of the office.")
    hand = Hand(viewer.person.actor, reviews=True, device_id=viewer.session.device_id)
    document = await pushing.mend(one, call.posted("value", most=400), hand, version=int(version))
    detail = {"intents": [str(one.intent_id)], "mended": one.field, "version": document.version}
    await call.note("push.mended", f"field_document:{document.id}", detail)
    back = f"/field/{document.id}" if call.posted("back", most=10) == "field" else "/push"
    return call.to(back, notice=f"{document.number} was corrected, and goes on.")


ROWS = (
    Row("GET", "/push/preview/{target}/{document_id}", Permission.PUSH_RUN, preview_page),
    Row("POST", "/push/send", Permission.PUSH_RUN, send),
    Row("POST", "/push/mend", Permission.PUSH_RUN, mend),
)
