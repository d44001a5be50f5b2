"""How a write can fail, sorted by what may have been done and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from datetime import datetime


class BusyError(TiebeamError):
    """Nothing was done, and it may be tried again: the target is overloaded, down, or could not be reached.

    `until` is when the target said to come back, None where it did not say.
    """

    code = "push.busy"
    owner = Owner.NOBODY

    def __init__(
        self,
        cause: str,
        *,
        until: datetime | None = None,
        action: str = "It is tried again by itself.",
        code: str | None = None,
    ) -> None:
        super().__init__(cause, action=action, code=code)
        self.until = until


class NoTurnError(BusyError):
    """Nothing was tried: among the calls that the target allows none was left for this one in time."""


class UncertainError(TiebeamError):
    """It may have been done: no answer came, or one that cannot be read. It is looked for, never repeated."""

    code = "push.uncertain"
    owner = Owner.NOBODY

    def __init__(
        self,
        cause: str,
        *,
        action: str = "It is looked for, and sent again only if it is not there.",
        code: str | None = None,
    ) -> None:
        super().__init__(cause, action=action, code=code)


class RejectedError(TiebeamError):
    """The target understood and refused: nothing was done, and a person must act.

    `field` is where in the body of the paper, as a dotted path; `fix` is where it can be mended in Tiebeam.
    """

    code = "push.rejected"
    owner = Owner.ADMIN

    def __init__(
        self,
        cause: str,
        *,
        action: str,
        code: str | None = None,
        owner: Owner | None = None,
        field: str | None = None,
        fix: str | None = None,
    ) -> None:
        super().__init__(cause, action=action, code=code, owner=owner)
        self.field = field
        self.fix = fix


class GoneError(TiebeamError):
    """The connection is gone: revoked, or not allowed any more. Nothing was done, and all papers wait."""

    code = "push.not_connected"
    owner = Owner.ADMIN

    @classmethod
    def of(cls, error: TiebeamError) -> GoneError:
        """Return what an error that ends a connection means to the papers."""
        return cls(error.cause, action=f"{error.action} What is to be sent waits, and goes on by itself.")
