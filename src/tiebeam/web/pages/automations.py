"""Rules that answer what happens to jobs and items: the list, an editor, what they did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.identity.permissions import Permission
from tiebeam.jobs.automations.checks import checked
from tiebeam.jobs.automations.circles import circle_of
from tiebeam.jobs.automations.model import PARTS_MAX, ActionKind, Check, Happening, Result
from tiebeam.jobs.automations.repository import RuledWork
from tiebeam.jobs.automations.rules import ITEM_NAMES, JOB_NAMES, PLAIN_NAMES
from tiebeam.jobs.automations.seeing import tried
from tiebeam.jobs.automations.words import action_in_words, condition_in_words, trigger_in_words
from tiebeam.jobs.model import FIELDS, HOPS_MAX
from tiebeam.kernel.errors import BadInputError
from tiebeam.web.pages.automation_typed import Spelling, Typed, TypedAction, TypedCondition, typed_in
from tiebeam.web.pages.integration import uuid_of
from tiebeam.web.routes import Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from starlette.responses import Response

    from tiebeam.jobs.automations.model import Draft, Rule, World
    from tiebeam.jobs.boards.model import Board
    from tiebeam.web.call import Call

HERE: Final = "/automations"
FIRINGS_SHOWN: Final = 20
FIRINGS_A_PAGE: Final = 50
BOARDS_OFFERED_MAX: Final = 25
"""More would make the page heavy; rules on the others are made by program."""
_NAMES_MAX: Final = 120
_KEYS_SHOWN: Final = 15


async def automations_page(call: Call) -> Response:
    """Show every rule, and what came of them last."""
    work = await _work(call)
    rules, world = await work.rules.all(), await work.rules.world()
    return call.render(
        "automations.html",
        title="Automations",
        rules=[(one, *_in_words(one.draft, world)) for one in rules],
        firings=await work.firings.find(limit=FIRINGS_SHOWN),
    )


async def log_page(call: Call) -> Response:
    """Show what came of every rule, page by page."""
    result = _result(call.asked("result"))
    before = call.number("before", 0, most=2**31 - 1) or None
    found = await (await _work(call)).firings.find(result=result, before=before, limit=FIRINGS_A_PAGE + 1)
    shown = found[:FIRINGS_A_PAGE]
    return call.render(
        "automations_log.html",
        title="Log of the rules",
        firings=shown,
        older=shown[-1].id if len(found) > FIRINGS_A_PAGE else None,
        first=before is None,
        results=[one for one in Result if one is not Result.BEGUN],
        chosen=result,
    )


async def new_page(call: Call) -> Response:
    """Show an empty rule."""
    return await _editor(call, await _work(call), Typed(), None)


async def rule_page(call: Call) -> Response:
    """Show a rule, and what came of it."""
    work = await _work(call)
    rule, world = await work.rules.get(_id(call)), await work.rules.world()
    spelling = Spelling(world, await call.house.accounts.people(call.viewer.tenant.id))
    return await _editor(call, work, spelling.typed(rule.draft), rule)


async def save_new(call: Call) -> Response:
    """Add a rule; or say what it would have done."""
    return await _saved(call, await _work(call), None)


async def save(call: Call) -> Response:
    """Change a rule; or say what it would have done."""
    work = await _work(call)
    return await _saved(call, work, await work.rules.get(_id(call)))


async def _saved(call: Call, work: RuledWork, rule: Rule | None) -> Response:
    typed = typed_in(call)
    try:
        draft, world = await _checked(call, work, typed)
        if call.posted("act", most=20) == "try":
            found = await tried(work, call.house.clock, draft)
            return await _editor(call, work, typed, rule, tried=found, warning=_warning(draft, world, []))
        version = _version(call)
        kept = (
            await work.rules.add(draft)
            if rule is None
            else await work.rules.change(rule.id, draft=draft, version=version)
        )
    except BadInputError as error:
        return await _editor(call, work, typed, rule, refused=error)
    await call.note("automation.set", f"automation:{kept.id}", {"name": kept.name, "version": kept.version})
    others = [one.draft for one in await work.rules.all() if one.enabled and one.id != kept.id]
    warning = _warning(kept.draft, world, others)
    return call.to(f"{HERE}/{kept.id}", notice=f"“{kept.name}” is kept. {warning}".strip())


async def _checked(call: Call, work: RuledWork, typed: Typed) -> tuple[Draft, World]:
    world = await work.rules.world()
    people = await call.house.accounts.people(call.viewer.tenant.id)
    return checked(Spelling(world, people).draft(typed), world), world


def _warning(draft: Draft, world: World, others: Sequence[Draft]) -> str:
    circle = circle_of(draft, others, world)
    if not circle:
        return ""
    round_ = " → ".join(f"“{name}”" for name in (*circle, circle[0]))
    return f"It may answer itself ({round_}): after {HOPS_MAX} answers in a row it is stopped, and says so."


async def set_enabled(call: Call) -> Response:
    """Switch a rule on or off."""
    work = await _work(call)
    enabled = call.posted("enabled", most=4) == "yes"
    rule = await work.rules.change(_id(call), enabled=enabled)
    await call.note("automation.set", f"automation:{rule.id}", {"name": rule.name, "enabled": enabled})
    return call.to(HERE, notice=f"“{rule.name}” is {'on' if enabled else 'off'}.")


async def restore(call: Call) -> Response:
    """Make a rule of the start what it was."""
    rule = await (await _work(call)).rules.restore(_id(call))
    await call.note("automation.restored", f"automation:{rule.id}", {"name": rule.name})
    return call.to(f"{HERE}/{rule.id}", notice=f"“{rule.name}” is as it was in the beginning.")


async def remove(call: Call) -> Response:
    """Remove a rule; its log stays."""
    rule = await (await _work(call)).rules.remove(_id(call))
    await call.note("automation.removed", f"automation:{rule.id}", {"name": rule.name})
    return call.to(HERE, notice=f"“{rule.name}” is removed.")


async def _editor(
    call: Call,
    work: RuledWork,
    typed: Typed,
    rule: Rule | None,
    *,
    refused: BadInputError | None = None,
    **more: Any,
) -> Response:
    world = await work.rules.world()
    boards = _offered(typed, world)
    spare = max(0, PARTS_MAX - len(typed.conditions)), max(0, PARTS_MAX - len(typed.actions))
    context = {
        "title": rule.name if rule else "A new rule",
        "rule": rule,
        "words": _in_words(rule.draft, world) if rule else None,
        "typed": typed,
        "conditions": [*typed.conditions, *[TypedCondition()] * min(2, spare[0])],
        "actions": [*typed.actions, *[TypedAction()] * min(1 if typed.actions else 2, spare[1])],
        "happenings": list(Happening),
        "checks": list(Check),
        "kinds": list(ActionKind),
        "boards": boards,
        "left_out": len(world.boards) - len(boards),
        "keys_shown": _KEYS_SHOWN,
        "fields": FIELDS,
        "names": _names(boards),
        "firings": await work.firings.find(rule_id=rule.id, limit=FIRINGS_SHOWN) if rule else [],
        "refused": refused,
        "tried": None,
        "warning": "",
    }
    status = 400 if refused else 200
    return call.render("automation.html", status=status, **{**context, **more})


def _offered(typed: Typed, world: World) -> list[Board]:
    """Return the boards to choose from: those that the rule names first."""
    named = {typed.board, *(one.board for one in typed.actions)}
    boards = sorted(world.boards.values(), key=lambda one: str(one.id) not in named)
    return boards[: max(BOARDS_OFFERED_MAX, len(named))]


def _names(boards: Sequence[Board]) -> list[str]:
    cells = dict.fromkeys(f"item.{column.key}" for one in boards for column in one.columns)
    return [*JOB_NAMES, *ITEM_NAMES, *PLAIN_NAMES, *cells][:_NAMES_MAX]


def _in_words(draft: Draft, world: World) -> tuple[str, list[str], list[str]]:
    return (
        trigger_in_words(draft.trigger, world),
        [condition_in_words(one, world) for one in draft.conditions],
        [action_in_words(one, world) for one in draft.actions],
    )


def _result(text: str) -> Result | None:
    try:
        return Result(text) if text else None
    except ValueError:
        raise BadInputError("There is no such result.", action="Choose one of the list.") from None


def _version(call: Call) -> int | None:
    text = call.posted("version", most=9)
    return int(text) if text.isascii() and text.isdigit() else None


def _id(call: Call) -> UUID:
    return uuid_of(call.request.path_params["rule_id"])


async def _work(call: Call) -> RuledWork:
    app = await call.app()
    return RuledWork.of(app.store, app.tenant.id, app.clock)


_READ, _DO = Permission.JOBS_READ, Permission.BOARDS_MANAGE
ROWS = (
    Row("GET", HERE, _READ, automations_page),
    Row("POST", HERE, _DO, save_new),
    Row("GET", f"{HERE}/log", _READ, log_page),
    Row("GET", f"{HERE}/new", _DO, new_page),
    Row("GET", f"{HERE}/{{rule_id}}", _READ, rule_page),
    Row("POST", f"{HERE}/{{rule_id}}", _DO, save),
    Row("POST", f"{HERE}/{{rule_id}}/enabled", _DO, set_enabled),
    Row("POST", f"{HERE}/{{rule_id}}/restore", _DO, restore),
    Row("POST", f"{HERE}/{{rule_id}}/remove", _DO, remove),
)
