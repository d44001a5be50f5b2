"""Rules that answer what happens to jobs and items: listed, kept, tried, switched, and what they did."""

# ruff: noqa: TC001, TC003 - FastAPI and pydantic read the annotations at run time.

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from fastapi import APIRouter, Response

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.automations.checks import checked
from tiebeam.jobs.automations.circles import circle_of
from tiebeam.jobs.automations.model import Result
from tiebeam.jobs.automations.seeing import tried
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.api.asker import Ask, Asked
from tiebeam.web.api.automation_shapes import (
    ChangedRule,
    KeptRule,
    NewRule,
    Rule,
    RuleFiring,
    RuleSwitch,
    TriedRule,
)
from tiebeam.web.api.automation_shown import draft_in, firing_shown, kept_shown, rule_shown, tried_shown
from tiebeam.web.api.cursors import USUAL, Cursor, Limit, Page, cut, link_next, place_of
from tiebeam.web.api.route import GuardedRoute, needs
from tiebeam.web.api.work_asked import work_of

if TYPE_CHECKING:
    from tiebeam.jobs.automations.model import Rule as Kept
    from tiebeam.jobs.automations.repository import RuledWork

ROUTER = APIRouter(route_class=GuardedRoute, tags=["automations"])


@ROUTER.get("/automations", **needs(Permission.JOBS_READ))
async def automations(ask: Asked) -> Page[Rule]:
    """List the rules, those that were made first, first. There is one page of it."""
    work = await _work(ask)
    world = await work.rules.world()
    return Page(items=[rule_shown(one, world) for one in await work.rules.all()], next=None)


@ROUTER.post("/automations", status_code=201, **needs(Permission.BOARDS_MANAGE, 404, method="post"))
async def create(ask: Asked, wanted: NewRule) -> KeptRule:
    """Keep a new rule; it acts at once."""
    work = await _work(ask)
    kept = await work.rules.add(checked(draft_in(wanted), await work.rules.world()))
    await ask.note("automation.set", f"automation:{kept.id}", {"name": kept.name, "version": kept.version})
    return await _kept(work, kept)


@ROUTER.post("/automations/try", **needs(Permission.BOARDS_MANAGE, 404, method="post"))
async def try_out(ask: Asked, wanted: NewRule) -> Page[TriedRule]:
    """Say what a rule would have done about what happened last; nothing is done. There is one page of it."""
    work = await _work(ask)
    draft = checked(draft_in(wanted), await work.rules.world())
    found = await tried(work, ask.house.clock, draft)
    return Page(items=[tried_shown(one) for one in found], next=None)


@ROUTER.get("/automations/firings", **needs(Permission.JOBS_READ))
async def firings(
    ask: Asked,
    answer: Response,
    *,
    rule: UUID | None = None,
    result: Result | None = None,
    limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Page[RuleFiring]:
    """List what came of the rules, the newest first: of one of them, or with one result."""
    if rule and result:
        raise BadInputError("Both a rule and a result were given.", action="Give one of the two.")
    place = place_of(cursor, int)
    before = place[0] if place else None
    found = await (await _work(ask)).firings.find(rule_id=rule, result=result, before=before, limit=limit + 1)
    rows, more = cut(found, limit, lambda one: [one.id])
    link_next(ask.request, answer, more)
    return Page(items=[firing_shown(one) for one in rows], next=more)


@ROUTER.get("/automations/{rule_id}", **needs(Permission.JOBS_READ, 404))
async def automation(ask: Asked, rule_id: UUID) -> Rule:
    """Show a rule."""
    work = await _work(ask)
    return await _one(work, await work.rules.get(rule_id))


@ROUTER.put("/automations/{rule_id}", **needs(Permission.BOARDS_MANAGE, 404, method="put"))
async def change(ask: Asked, rule_id: UUID, wanted: ChangedRule) -> KeptRule:
    """Have a rule be this from now on; whether it is on stays."""
    work = await _work(ask)
    await work.rules.get(rule_id)
    draft = checked(draft_in(wanted), await work.rules.world())
    kept = await work.rules.change(rule_id, draft=draft, version=wanted.version)
    await ask.note("automation.set", f"automation:{kept.id}", {"name": kept.name, "version": kept.version})
    return await _kept(work, kept)


@ROUTER.put("/automations/{rule_id}/enabled", **needs(Permission.BOARDS_MANAGE, 404, method="put"))
async def switch(ask: Asked, rule_id: UUID, wanted: RuleSwitch) -> Rule:
    """Switch a rule on or off."""
    work = await _work(ask)
    kept = await work.rules.change(rule_id, enabled=wanted.enabled)
    told = {"name": kept.name, "enabled": kept.enabled}
    await ask.note("automation.set", f"automation:{kept.id}", told)
    return await _one(work, kept)


@ROUTER.post("/automations/{rule_id}/restore", **needs(Permission.BOARDS_MANAGE, 404, method="post"))
async def restore(ask: Asked, rule_id: UUID) -> Rule:
    """Make a rule that was there from the start what it was, and switch it on."""
    work = await _work(ask)
    kept = await work.rules.restore(rule_id)
    await ask.note("automation.restored", f"automation:{kept.id}", {"name": kept.name})
    return await _one(work, kept)


@ROUTER.delete(
    "/automations/{rule_id}", status_code=204, **needs(Permission.BOARDS_MANAGE, 404, method="delete")
)
async def remove(ask: Asked, rule_id: UUID) -> None:
    """Remove a rule; what came of it stays in the log. One that was there from the start stays."""
    removed = await (await _work(ask)).rules.remove(rule_id)
    await ask.note("automation.removed", f"automation:{removed.id}", {"name": removed.name})


async def _work(ask: Ask) -> RuledWork:
    return (await work_of(ask)).automated()


async def _one(work: RuledWork, rule: Kept) -> Rule:
    return rule_shown(rule, await work.rules.world())


async def _kept(work: RuledWork, rule: Kept) -> KeptRule:
    world = await work.rules.world()
    others = [one.draft for one in await work.rules.all() if one.enabled and one.id != rule.id]
    return kept_shown(rule, world, circle_of(rule.draft, others, world))
