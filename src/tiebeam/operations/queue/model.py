"""What a job is, and what can become of an attempt at one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

PRIORITIES: Final = range(-9, 10)
"""From last to first; most jobs have 0."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A wish: do `kind` for `key`. At most one of these waits at a time in a tenant.

    Jobs of one `serial_key` never run at the same time in a tenant. Before `not_before` it does not run.
    A `correlation_id` among `args` says under which id it was asked for; wishes that differ in nothing else
    are the same one. Raises BadInputError for a priority outside -9 to 9.
    """

    kind: str
    key: str
    args: Mapping[str, Any]
    priority: int = 0
    not_before: datetime | None = None
    serial_key: str | None = None

    def __post_init__(self) -> None:
        if self.priority not in PRIORITIES:
            raise BadInputError(
                f"A job cannot have the priority {self.priority}.", action="Give it one from -9 to 9."
            )


@dataclass(frozen=True, slots=True)
class Job:
    """An attempt, the `attempt`-th (from 1), that a worker has in hand.

    It may be made again after a crash, so whatever it does must be harmless to do twice.
    """

    id: int
    tenant_id: UUID
    kind: str
    key: str
    args: Mapping[str, Any]
    attempt: int
    enqueued_at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """It is done."""


@dataclass(frozen=True, slots=True)
class RetryAt:
    """It failed and is to be tried again then."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Snooze:
    """It is not its time yet; this does not count as an attempt."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Blocked:
    """It waits for a person, until it is queued again."""

    why: str


@dataclass(frozen=True, slots=True)
class Dead:
    """It failed and is not to be tried again."""

    why: str


Outcome = Done | RetryAt | Snooze | Blocked | Dead
