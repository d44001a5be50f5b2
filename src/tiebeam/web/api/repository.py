"""Answers that were given under an idempotency key, kept for a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.kernel.clock import Clock
    from tiebeam.store.pool import Store

Q = queries(__package__ or "tiebeam.web.api")

KEPT_FOR: Final = timedelta(hours=24)
STUCK_AFTER: Final = timedelta(minutes=10)
"""After so long without an answer, whoever was at it is taken for dead."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a key stands for. `status` None: somebody is at it."""

    request_hash: bytes
    status: int | None
    media_type: str | None
    location: str | None
    body: bytes | None = field(repr=False)


class Answers:
    """The answers to one caller of one tenant."""

    def __init__(self, store: Store, clock: Clock, tenant_id: UUID, caller: str) -> None:
        self._store = store
        self._clock = clock
        self._tenant_id = tenant_id
        self._caller = caller

    async def begin(self, key: str, request_hash: bytes) -> Kept | None:
        """Take a key for a request; None when it was free, else what it stands for already."""
        now = self._clock.now()
        named = {
            **self._named(key),
            "request_hash": request_hash,
            "at": now,
            "expired_before": now - KEPT_FOR,
            "stuck_before": now - STUCK_AFTER,
        }
        async with self._store.transaction(self._tenant_id) as tx:
            if await tx.value(Q["begin_answer"], named):
                return None
            return await tx.one(Kept, Q["find_answer"], self._named(key))

    async def keep(
        self, key: str, *, status: int, media_type: str | None, location: str | None, body: bytes | None
    ) -> None:
        """Keep what was answered; a body of None is one that must not be kept."""
        named = {"status": status, "media_type": media_type, "location": location, "body": body}
        async with self._store.autocommit(self._tenant_id) as single:
            await single.run(Q["keep_answer"], {**self._named(key), **named})

    async def release(self, key: str) -> None:
        """Give a key up: nothing came of the request, and it may be made again."""
        async with self._store.autocommit(self._tenant_id) as single:
            await single.run(Q["release_answer"], self._named(key))

    def _named(self, key: str) -> dict[str, object]:
        return {"tenant_id": self._tenant_id, "caller": self._caller, "key": key}
