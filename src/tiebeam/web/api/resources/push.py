"""Documents on their way to other systems: previewed, sent, explained and sent again."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from tiebeam.delivering import CAUSES
from tiebeam.field.repository import UnknownDocumentError
from tiebeam.identity.permissions import Permission
from tiebeam.integration import Integration
from tiebeam.kernel.correlation import correlation_id
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.push.board.model import Stuck
from tiebeam.push.model import Blocked, IntentState, StepState, Waiting
from tiebeam.push.triggers.model import Triggers
from tiebeam.pushing import Pushing
from tiebeam.web.api.asker import Ask, Asked
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, moment_of
from tiebeam.web.api.problems import nothing_there
from tiebeam.web.api.push_shapes import (
    GoesOn,
    PlannedWrite,
    Preview,
    PushAttempt,
    PushCause,
    PushStanding,
    PushStep,
    PushTarget,
    PushWhole,
    Send,
    SendAgain,
    SendResult,
    TriggerChoice,
    Trouble,
)
from tiebeam.web.api.route import GuardedRoute, needs

if TYPE_CHECKING:
    from tiebeam.field.model import Document
    from tiebeam.push.board.model import Attempt, Standing, StepStanding
    from tiebeam.push.model import Plan

ROUTER = APIRouter(route_class=GuardedRoute, tags=["push"])

TargetPath = Annotated[str, Path(min_length=1, max_length=40, pattern="^[a-z0-9_]+$")]


@ROUTER.get("/push/targets", **needs(Permission.PUSH_RUN))
async def targets(ask: Asked) -> Page[PushTarget]:
    """List what documents can be sent to, and what has them sent. There is one page of it."""
    pushing = Pushing(await ask.app())
    found = [
        PushTarget(name=name, triggers=_triggers(await pushing.triggers().of(name)))
        for name in sorted(pushing.targets())
    ]
    return Page(items=found, next=None)


@ROUTER.put("/push/targets/{target}/triggers", **needs(Permission.PUSH_MANAGE, 404, method="put"))
async def choose_triggers(ask: Asked, target: TargetPath, wanted: TriggerChoice) -> PushTarget:
    """Choose what has documents sent: a button, a batch on a schedule, their approval."""
    pushing = Pushing(await ask.app())
    if target not in pushing.targets():
        raise nothing_there("such target")
    await pushing.triggers().choose(target, Triggers(**wanted.model_dump()))
    await ask.note("push_trigger.set", f"push_target:{target}", wanted.model_dump())
    return PushTarget(name=target, triggers=wanted)


@ROUTER.post("/push/previews", **needs(Permission.PUSH_RUN, method="post"))
async def preview(ask: Asked, wanted: Send) -> Page[Preview]:
    """Show exactly what would be sent of each document, and send nothing."""
    pushing = Pushing(await ask.app())
    await pushing.require(wanted.target, trigger="preview")
    found = []
    for document_id in wanted.document_ids:
        document = await _document(ask, pushing, document_id)
        if document is None:
            found.append(_no_preview(document_id))
        else:
            found.append(_preview(document, await pushing.preview(document, wanted.target)))
    return Page(items=found, next=None)


@ROUTER.post("/push/sendings", status_code=202, **needs(Permission.PUSH_RUN, method="post"))
async def send(ask: Asked, wanted: Send) -> Page[SendResult]:
    """Have documents sent, each once however often it is asked for; each has its own result."""
    pushing = Pushing(await ask.app())
    await pushing.require(wanted.target)
    found = [await _sent(ask, pushing, one, wanted.target) for one in dict.fromkeys(wanted.document_ids)]
    documents = [str(one.document_id) for one in found if one.id]
    detail: dict[str, object] = {"target": wanted.target, "documents": documents}
    await ask.note("push.sent", f"push_target:{wanted.target}", detail)
    return Page(items=found, next=None)


@ROUTER.get("/push/documents/{document_id}", **needs(Permission.PUSH_RUN))
async def of_document(ask: Asked, document_id: UUID) -> Page[PushStanding]:
    """Say how a document stands with every target that it is to be in. There is one page of it."""
    found = await Pushing(await ask.app()).board().of_documents([document_id])
    seen = await _seen(ask)
    return Page(items=[_standing(one) for one in found if seen is None or one.project in seen], next=None)


@ROUTER.get("/push/stuck", **needs(Permission.PUSH_RUN))
async def stuck(
    ask: Asked,
    answer: Response,
    *,
    kind: Stuck | None = None,
    code: Annotated[str | None, Query(max_length=80, description="Of this cause alone.")] = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[PushStanding]:
    """List everything that is blocked, uncertain or failed, with its cause and who can mend it."""
    board = Pushing(await ask.app()).board()
    kinds = tuple(Stuck) if kind is None else (kind,)
    found = await board.stuck(
        kinds, projects=await _seen(ask), code=code, before=moment_of(cursor), limit=limit + 1
    )
    rows, more = cut(found, limit, lambda one: [one.wanted_at.isoformat(), str(one.intent_id)])
    link_next(ask.request, answer, more)
    return Page(items=[_standing(one) for one in rows], next=more)


@ROUTER.post("/push/again", status_code=202, **needs(Permission.PUSH_RUN, method="post"))
async def send_again(ask: Asked, wanted: SendAgain) -> GoesOn:
    """Go on with what is stuck: it is looked for first, and sent again only if it is not there."""
    pushing, seen = Pushing(await ask.app()), await _seen(ask)
    standings = [await pushing.board().one(one) for one in dict.fromkeys(wanted.ids)]
    ids = [one.intent_id for one in standings if one and (seen is None or one.project in seen)]
    found = await pushing.send_again(ids, wanted.steps, sent_stands=wanted.keep_sent)
    detail = {"intents": [str(one) for one in found], "keep_sent": wanted.keep_sent}
    await ask.note("push.sent_again", "push_intent:several", detail)
    return GoesOn(ids=found, correlation_id=correlation_id())


@ROUTER.get("/push/causes", **needs(Permission.PUSH_RUN))
async def causes(ask: Asked) -> Page[PushCause]:
    """List what can keep a document from a target, who can mend it and how. There is one page of it."""
    del ask
    found = [
        PushCause(code=code, cause=one.cause, owner=one.owner, action=one.action)
        for code, one in CAUSES.items()
    ]
    return Page(items=found, next=None)


@ROUTER.get("/push/standings/{intent_id}", **needs(Permission.PUSH_RUN, 404))
async def whole(ask: Asked, intent_id: UUID) -> PushWhole:
    """Show exactly what was sent of a document, and what was answered."""
    board = Pushing(await ask.app()).board()
    found, seen = await board.one(intent_id), await _seen(ask)
    if found is None or (seen is not None and found.project not in seen):
        raise nothing_there("such sending")
    return PushWhole(
        standing=_standing(found),
        steps=[_step(one) for one in await board.steps(intent_id)],
        attempts=[_attempt(one) for one in await board.attempts(intent_id)],
    )


async def _seen(ask: Ask) -> frozenset[str] | None:
    own = await Integration(await ask.app()).own_projects(ask.asker.projects)
    return None if own is None else frozenset(map(str, own))


async def _document(ask: Ask, pushing: Pushing, document_id: UUID) -> Document | None:
    try:
        found = await pushing.documents().get(document_id)
    except UnknownDocumentError:
        return None
    seen = await _seen(ask)
    return found if seen is None or str(found.project_id) in seen else None


async def _sent(ask: Ask, pushing: Pushing, document_id: UUID, target: str) -> SendResult:
    try:
        document = await _document(ask, pushing, document_id)
        if document is None:
            raise UnknownDocumentError("There is no such document.", action="See which there are.")
        (made,) = await pushing.send([document], target, by=ask.asker.actor.name)
    except BadInputError as error:
        return SendResult(
            document_id=document_id, id=None, code=error.code, cause=error.cause, action=error.action
        )
    return SendResult(document_id=document_id, id=made, code=None, cause=None, action=None)


def _preview(document: Document, plan: Plan) -> Preview:
    shown = Preview(document_id=document.id, number=document.number, writes=[], trouble=None, waits_for=None)
    if isinstance(plan, Blocked):
        return shown.model_copy(update={"trouble": _trouble(plan)})
    if isinstance(plan, Waiting):
        return shown.model_copy(update={"waits_for": plan.reason})
    writes = [
        PlannedWrite(
            name=step.name,
            kind=step.kind,
            needs=list(step.needs),
            may_fail=step.best_effort,
            payload=dict(step.payload),
        )
        for step in plan.steps
    ]
    return shown.model_copy(update={"writes": writes})


def _no_preview(document_id: UUID) -> Preview:
    return Preview(
        document_id=document_id, number=None, writes=[], trouble=None, waits_for="There is no such document."
    )


def _standing(one: Standing) -> PushStanding:
    return PushStanding(
        id=one.intent_id,
        document_id=one.document_id,
        document_kind=one.document_kind,
        number=one.number,
        target=one.target,
        state=IntentState(one.state),
        synced=one.synced,
        synced_at=one.done_at,
        trouble=_trouble(one),
        can_send_again=one.can_send_again,
        goes_on_at=one.next_at,
        wanted_by=one.wanted_by,
        wanted_at=one.wanted_at,
        trigger=one.trigger,
        correlation_id=one.correlation_id,
        steps=one.steps,
        steps_done=one.done,
        steps_uncertain=one.uncertain,
        steps_stuck=one.stuck,
    )


def _trouble(one: Any) -> Trouble | None:
    if one.code is None:
        return None
    return Trouble(
        code=one.code,
        cause=one.cause or "",
        owner=Owner(one.owner or Owner.NOBODY),
        action=one.action or "",
        field=getattr(one, "field", None),
        fix=getattr(one, "fix", None),
    )


def _step(one: StepStanding) -> PushStep:
    return PushStep(
        name=one.name,
        kind=one.kind,
        may_fail=one.best_effort,
        state=StepState(one.state),
        attempts=one.attempt,
        version=one.version,
        trouble=_trouble(one),
        goes_on_at=one.next_at,
        vendor_id=one.vendor_id,
        seen_at=one.seen_at,
        payload_sha256=one.payload_sha256.hex() if one.payload_sha256 else None,
    )


def _attempt(one: Attempt) -> PushAttempt:
    return PushAttempt(
        id=one.id,
        step=one.name,
        attempt=one.attempt,
        event=one.event,
        at=one.at,
        correlation_id=one.correlation_id,
        sent=one.sent,
        answer=one.answer,
        code=one.code,
        cause=one.cause,
    )


def _triggers(found: Triggers) -> TriggerChoice:
    return TriggerChoice(
        button=found.button, on_approval=found.on_approval, batch_minutes=found.batch_minutes
    )
