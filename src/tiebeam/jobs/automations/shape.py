"""A rule as JSON, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tiebeam.jobs.automations.model import Action, ActionKind, Check, Condition, Draft, Happening, Trigger

if TYPE_CHECKING:
    from collections.abc import Mapping


def shape_of(draft: Draft) -> dict[str, Any]:
    """Return everything about a rule but its name."""
    trigger = draft.trigger
    return {
        "trigger": {
            "happening": trigger.happening.value,
            "board_id": _text(trigger.board_id),
            "fields": list(trigger.fields),
            "value": trigger.value,
        },
        "conditions": [
            {"name": one.name, "check": one.check.value, "value": one.value} for one in draft.conditions
        ],
        "actions": [
            {"kind": one.kind.value, "board_id": _text(one.board_id), "values": dict(one.values)}
            for one in draft.actions
        ],
    }


def draft_of(name: str, shape: Mapping[str, Any]) -> Draft:
    """Return the rule that was kept so."""
    trigger = shape["trigger"]
    return Draft(
        name,
        Trigger(
            Happening(trigger["happening"]),
            _id(trigger["board_id"]),
            tuple(trigger["fields"]),
            trigger["value"],
        ),
        tuple(Condition(one["name"], Check(one["check"]), one["value"]) for one in shape["conditions"]),
        tuple(
            Action(ActionKind(one["kind"]), _id(one["board_id"]), one["values"]) for one in shape["actions"]
        ),
    )


def _text(id_: UUID | None) -> str | None:
    return str(id_) if id_ else None


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
