"""What cannot be done to a job, a board or an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiebeam.kernel.errors import BadInputError, Owner

if TYPE_CHECKING:
    from collections.abc import Iterable


class UnknownWorkError(BadInputError):
    """There is no such job, board, group or item."""

    code = "jobs.unknown"
    owner = Owner.OFFICE


class NoSuchJobError(UnknownWorkError):
    """There is no such job."""

    def __init__(self) -> None:
        super().__init__("There is no such job.", action="Choose one of the list.")


class NoSuchItemError(UnknownWorkError):
    """There is no such item."""

    def __init__(self) -> None:
        super().__init__("There is no such item.", action="Open its board and choose one.")


class NoSuchBoardError(UnknownWorkError):
    """There is no such board."""

    def __init__(self) -> None:
        super().__init__("There is no such board.", action="Choose one of the list.")


class DeletedWorkError(BadInputError):
    """It was deleted, and is not changed until it is restored."""

    code = "jobs.deleted"
    owner = Owner.OFFICE


class InUseError(BadInputError):
    """It cannot be removed while something needs it."""

    code = "jobs.in_use"
    owner = Owner.OFFICE


class ChangedMeanwhileError(BadInputError):
    """Somebody else changed it after it was read; nothing of the later change is kept."""

    code = "jobs.changed_meanwhile"
    owner = Owner.OFFICE

    def __init__(self, named: str, current: Any) -> None:
        super().__init__(
            f"“{named}” was changed by somebody else in the meantime.",
            action="Look at what it is now, and change it again if need be.",
        )
        self.current = current
        """The job or the item as it is now."""


def any_of(names: Iterable[str]) -> str:
    """Return names for a sentence that says which can be had."""
    return ", ".join(f"“{name}”" for name in names) or "nothing yet"
