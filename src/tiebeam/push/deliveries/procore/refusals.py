"""What Procore refuses, as the errors that say whether something was done and who must act."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.connectors.outcomes import Do, VendorError
from tiebeam.connectors.ports import RefusalKind
from tiebeam.connectors.procore.errors import NO_TURN
from tiebeam.kernel.errors import Owner
from tiebeam.operations.tokens.model import NotConnectedError, is_final
from tiebeam.push.deliveries.procore.catalogue import TICKETS_OFF, rejected
from tiebeam.push.deliveries.procore.steps import Made
from tiebeam.push.errors import BusyError, GoneError, NoTurnError, RejectedError, UncertainError

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.connectors.ports import Refusal
    from tiebeam.kernel.errors import TiebeamError
    from tiebeam.push.model import Paper, PlannedStep

_TICKETS = "tm_"
_ORDERS = (Made.ORDER, Made.PACKAGE, Made.REQUEST)
_TIERS = (
    " If it is about tiers: an administrator says on the page Documents in Procore how many tiers the change"
    " orders have."
)


def error_of(refusal: Refusal, step: PlannedStep, paper: Paper, now: datetime) -> TiebeamError:
    """Return the error for a refusal of a write."""
    if refusal.maybe_done:
        return UncertainError(refusal.cause, code=refusal.code)
    if refusal.code == NO_TURN.code:
        return NoTurnError(refusal.cause, action=refusal.action, code=refusal.code)
    if refusal.kind is RefusalKind.UNAVAILABLE:
        until = now + timedelta(seconds=refusal.wait_seconds) if refusal.wait_seconds else None
        return BusyError(refusal.cause, until=until, action=refusal.action, code=refusal.code)
    if refusal.kind is RefusalKind.TOOL_OFF and step.kind.startswith(_TICKETS):
        return rejected(TICKETS_OFF, paper)
    return RejectedError(
        refusal.cause,
        action=_again(refusal.action) + (_TIERS if step.kind in _ORDERS else ""),
        code=refusal.code,
        owner=Owner.ADMIN if refusal.owner is Owner.NOBODY else refusal.owner,
        fix=f"/field/{paper.id}",
    )


def look_error_of(refusal: Refusal, step: PlannedStep, paper: Paper, now: datetime) -> TiebeamError:
    """Return the error for a refusal of a look: nothing was learnt, and what may be done may still be."""
    if refusal.maybe_done or refusal.kind in (RefusalKind.UNAVAILABLE, RefusalKind.UNREADABLE):
        until = now + timedelta(seconds=refusal.wait_seconds) if refusal.wait_seconds else None
        return BusyError(refusal.cause, until=until, action=refusal.action, code=refusal.code)
    return error_of(refusal, step, paper, now)


def fatal_error_of(error: TiebeamError, paper: Paper) -> TiebeamError:
    """Return the error for what ended a call before it was made, or with everything refused."""
    if isinstance(error, NotConnectedError) or is_final(error) or _blocks(error):
        return GoneError.of(error)
    if isinstance(error, VendorError):
        return RejectedError(
            error.cause, action=error.action, code=error.code, owner=error.owner, fix=f"/field/{paper.id}"
        )
    return BusyError(error.cause, action=error.action, code=error.code)


def _blocks(error: TiebeamError) -> bool:
    return isinstance(error, VendorError) and error.outcome.row.do in (Do.BLOCK, Do.REFRESH)


def _again(action: str) -> str:
    return action if "send" in action.casefold() else f"{action} Then send it again."
