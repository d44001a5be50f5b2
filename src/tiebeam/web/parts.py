"""What the web application is put together from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tiebeam.replicate.webhooks.receive import Receiver


@dataclass(frozen=True, slots=True)
class Services:
    """What the application stands on."""

    receiver: Receiver
    ready: Callable[[], Awaitable[str | None]]
    """Returns None when everything is there, else what is missing in one sentence without a secret."""
    metrics: Callable[[], bytes]
    """Returns the text that Prometheus reads."""
    told: Callable[[str], None] = lambda _: None
    """Hears of every delivery what became of it: `stored`, `refused`, `too_large`, `slow` or `busy`."""
    in_hand_max: int = 500
    """How many deliveries are worked on at once; more are asked to come again."""
    body_wait_seconds: float = 3.0
    """How long a sender may take over its body."""
