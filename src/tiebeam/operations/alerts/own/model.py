"""A company's own channel, and what may be set of it. Its URL is in none of these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.errors import BadInputError, Owner, TiebeamError
from tiebeam.operations.alerts.model import Quiet, Severity

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

CHANNELS_MAX: Final = 10
"""Channels of one company."""
NAME_MAX: Final = 80
QUIET_MINUTES_MAX: Final = 24 * 60
_URGENT: Final = 5
"""While something critical waits, this part of the quiet time is enough."""


class UnknownChannelError(TiebeamError):
    """This company has no such channel."""

    code = "channels.unknown"
    owner = Owner.ADMIN


class ChannelRefusedError(TiebeamError):
    """A channel's URL is of no kind that is sent to, asks for too much, or leads where nothing is sent."""

    code = "input.channel"
    owner = Owner.ADMIN


@dataclass(frozen=True, slots=True)
class Terms:
    """What is set of a channel beside its URL. Raises BadInputError for what cannot be."""

    name: str
    threshold: Severity
    quiet_minutes: int
    enabled: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not self.name.strip() or len(self.name) > NAME_MAX or not self.name.isprintable():
            raise BadInputError(
                f"A channel's name has 1 to {NAME_MAX} characters on one line.",
                action="Call it after who reads it, such as `Site office`.",
            )
        if not 0 <= self.quiet_minutes <= QUIET_MINUTES_MAX:
            raise BadInputError(
                f"A channel is quiet for 0 to {QUIET_MINUTES_MAX} minutes between two messages.",
                action="Give a whole number of minutes.",
            )


@dataclass(frozen=True, slots=True)
class OwnChannel:
    """A channel of a company, and how sending to it goes."""

    id: UUID
    name: str
    kind: str
    """Of the service, in words: `Slack`. It is all that is told of the URL."""
    threshold: Severity
    quiet_minutes: int
    enabled: bool
    added_at: datetime
    added_by: str
    tried_at: datetime | None
    """When a test was last sent."""
    tried_error: str | None
    """Why that test did not arrive; None when it did."""
    sent_at: datetime | None
    """When it last took alerts."""
    failures: int
    """Messages in a row that it did not take."""
    error: str | None
    """Why it did not take the last one."""

    def __post_init__(self) -> None:
        """Take the values of the database as what they mean."""
        object.__setattr__(self, "threshold", Severity(self.threshold))

    @property
    def key(self) -> str:
        """What it is called in the lists of what is to be told."""
        return key_of(self.id)

    @property
    def quiet(self) -> Quiet:
        """How long it is left alone after a message."""
        other = timedelta(minutes=self.quiet_minutes)
        return Quiet(urgent=other / _URGENT, other=other)

    @property
    def terms(self) -> Terms:
        """What is set of it."""
        return Terms(self.name, self.threshold, self.quiet_minutes, self.enabled)


def key_of(channel_id: UUID) -> str:
    """Return what a channel is called in the lists of what is to be told."""
    return f"own/{channel_id}"
