"""How a step gets from state to state: a table."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tiebeam.push.model import StepState

if TYPE_CHECKING:
    from collections.abc import Mapping

S = StepState


class StepEvent(StrEnum):
    """What can happen to a step."""

    BEGIN = "begin"
    """It is written down that the call is about to be made."""
    ANSWERED = "answered"
    """The target has made it."""
    BUSY = "busy"
    """Nothing was done, and it may be tried again."""
    EXHAUSTED = "exhausted"
    """Nothing was done, once too often."""
    UNANSWERED = "unanswered"
    """It may have been done."""
    REJECTED = "rejected"
    """Nothing was done, and a person must act."""
    FOUND = "found"
    """It was looked for and is there."""
    NOT_THERE = "not_there"
    """It was looked for and is not there."""
    SEND_AGAIN = "send_again"
    """A person wants it sent again; it is looked for first, whatever was thought of it."""


E = StepEvent

TRANSITIONS: Final[Mapping[StepState, Mapping[StepEvent, StepState]]] = {
    S.PLANNED: {E.BEGIN: S.SENDING},
    S.SENDING: {
        E.ANSWERED: S.DONE,
        E.BUSY: S.RETRY_AT,
        E.EXHAUSTED: S.DEAD,
        E.UNANSWERED: S.UNCERTAIN,
        E.REJECTED: S.BLOCKED,
    },
    S.RETRY_AT: {E.BEGIN: S.SENDING},
    S.UNCERTAIN: {
        E.ANSWERED: S.DONE,  # An answer that came late, from who was taken for dead.
        E.FOUND: S.DONE,
        E.NOT_THERE: S.PLANNED,
        E.UNANSWERED: S.UNCERTAIN,
        E.SEND_AGAIN: S.UNCERTAIN,
    },
    S.BLOCKED: {E.SEND_AGAIN: S.UNCERTAIN},
    S.DEAD: {E.SEND_AGAIN: S.UNCERTAIN},
    S.DONE: {},
}
"""From which state what leads where. Only what was begun or asked for again can be uncertain, and nothing
leaves that state to be sent before it was looked for."""


def follow(state: StepState, event: StepEvent) -> StepState:
    """Return the state after an event. Raises ValueError for a pair that the table does not have."""
    after = TRANSITIONS[state].get(event)
    if after is None:
        raise ValueError(f"a step that is {state} cannot be told {event}")
    return after


def states_before(event: StepEvent) -> tuple[StepState, ...]:
    """Return the states in which an event may happen."""
    return tuple(state for state, events in TRANSITIONS.items() if event in events)
