"""Rules and what came of them, as the API takes and shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.jobs.automations.model import Action, Condition, Draft, Trigger
from tiebeam.jobs.automations.shape import shape_of
from tiebeam.jobs.automations.words import trigger_in_words
from tiebeam.web.api.automation_shapes import KeptRule, Rule, RuleFiring, TriedRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.jobs.automations.model import Firing, World
    from tiebeam.jobs.automations.model import Rule as Kept
    from tiebeam.jobs.automations.seeing import Tried
    from tiebeam.web.api.automation_shapes import NewRule


def draft_in(wanted: NewRule) -> Draft:
    """Return the rule that was sent; whether it can be kept is not looked at."""
    trigger = wanted.trigger
    return Draft(
        wanted.name,
        Trigger(trigger.happening, trigger.board_id, tuple(trigger.fields), trigger.value),
        tuple(Condition(one.name, one.check, one.value) for one in wanted.conditions),
        tuple(Action(one.kind, one.board_id, one.values) for one in wanted.actions),
    )


def rule_shown(one: Kept, world: World) -> Rule:
    """Return a rule as the API gives it."""
    return Rule(**_shown(one, world))


def kept_shown(one: Kept, world: World, circle: Sequence[str]) -> KeptRule:
    """Return a rule that was kept just now."""
    return KeptRule(**_shown(one, world), circle=list(circle))


def firing_shown(one: Firing) -> RuleFiring:
    """Return what came of a rule."""
    return RuleFiring(
        id=one.id,
        rule_id=one.rule_id,
        rule_name=one.rule_name,
        change_id=one.change_id,
        subject=one.subject,
        subject_id=one.subject_id,
        what=one.what,
        at=one.at,
        result=one.result,
        detail=one.detail,
        chain=one.cause.id,
        hops=one.cause.hops,
    )


def tried_shown(one: Tried) -> TriedRule:
    """Return what a rule would have done."""
    event = one.event
    return TriedRule(
        subject=event.subject,
        subject_id=event.subject_id,
        called=one.called,
        what=event.what,
        at=event.at,
        result=one.result,
        said=list(one.said),
    )


def _shown(one: Kept, world: World) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "enabled": one.enabled,
        "built_in": one.built_in,
        "version": one.version,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "in_words": trigger_in_words(one.draft.trigger, world),
        **shape_of(one.draft),
    }
