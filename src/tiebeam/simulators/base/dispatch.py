"""Sends what a simulator's outbox has due, when the simulator runs as a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    Post = Callable[[str, Mapping[str, str], bytes], Awaitable[int | None]]


class Outgoing(Protocol):
    """One notice to be POSTed: what to report it by, where to, with what headers, and what."""

    id: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class Outbox(Protocol):
    """Where notices wait."""

    def due(self, now: datetime) -> Sequence[Outgoing]:
        """What is to be sent at a moment."""
        ...

    def delivered(self, delivery_id: str, status: int | None, now: datetime | None = None) -> None:
        """Report what the receiver said; None when it said nothing in time."""
        ...


async def send_due(outbox: Outbox, now: Callable[[], datetime], post: Post) -> int:
    """POST what is due, notice after notice, and report each answer; how many were sent."""
    due = outbox.due(now())
    for notice in due:
        outbox.delivered(notice.id, await post(notice.url, notice.headers, notice.body), now())
    return len(due)
