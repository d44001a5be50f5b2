"""What has documents sent to a target, as a company has chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from datetime import datetime

BATCH_MINUTES_MIN: Final = 5
BATCH_MINUTES_MAX: Final = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Triggers:
    """Unless a company chooses otherwise, a person presses a button. Raises BadInputError for no interval."""

    button: bool = True
    on_approval: bool = False
    batch_minutes: int | None = None
    """How often everything that is approved is sent; None: never."""
    batched_at: datetime | None = None

    def __post_init__(self) -> None:
        every = self.batch_minutes
        if every is not None and not BATCH_MINUTES_MIN <= every <= BATCH_MINUTES_MAX:
            raise BadInputError(
                f"Every {every} minutes is no interval for a batch.",
                action=f"Give minutes from {BATCH_MINUTES_MIN} to {BATCH_MINUTES_MAX:,} (a week).",
            )

    def batch_due(self, now: datetime) -> bool:
        """Say whether a batch is to be sent now."""
        if self.batch_minutes is None:
            return False
        return self.batched_at is None or self.batched_at + timedelta(minutes=self.batch_minutes) <= now
