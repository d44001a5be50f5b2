"""Where webhooks of boards elsewhere knock, and which items they told of, kept until those are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.store.pool import Store

Q = queries("tiebeam.link.outside.door")


@dataclass(frozen=True, slots=True)
class Door:
    """Where what happens on a board elsewhere is told."""

    link_id: UUID
    secret_hash: bytes = field(repr=False)
    key_id: str
    sealed: bytes = field(repr=False)
    """The secret that the address ends in, sealed."""
    hook_ids: Sequence[str]
    """What the system elsewhere calls the hooks that lead here."""
    base_url: str
    """The public address that they were made for."""
    refused: str | None
    """Why no hooks could be made the last time; None when they stand."""
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Knock:
    """What has to be known of a door to take in what somebody tells there."""

    secret_hash: bytes = field(repr=False)
    board_id: str
    user_id: str
    """Whom our token belongs to."""


@dataclass(frozen=True, slots=True)
class Told:
    """An item that was told of, and how often since it was read."""

    item_id: str
    times: int
    answers: bool
    """Whether a rule there did it in answer to something."""


class Doors:
    """The doors of one tenant's mirrored boards."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id

    async def all(self) -> dict[UUID, Door]:
        """Return every door, by the id of its link."""
        async with self._store.autocommit(self._tenant_id) as single:
            found = await single.all(Door, Q["doors"], {"tenant_id": self._tenant_id})
        return {one.link_id: one for one in found}

    async def of(self, link_id: UUID) -> Door | None:
        """Return the door of a link, None before it has one."""
        return (await self.all()).get(link_id)

    async def put(self, door: Door) -> None:
        """Keep a door as it is now."""
        await self._run(
            "put_door",
            door.link_id,
            secret_hash=door.secret_hash,
            key_id=door.key_id,
            sealed=door.sealed,
            hook_ids=list(door.hook_ids),
            base_url=door.base_url,
            refused=door.refused,
            kept_at=door.kept_at,
        )

    async def close(self, link_id: UUID) -> None:
        """Take in nothing more for a link, and forget what was told."""
        await self._run("forget_told", link_id)
        await self._run("close", link_id)

    async def knock(self, link_id: UUID) -> Knock | None:
        """Return what has to be known to take something in; None when nobody is expected there."""
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.one(Knock, Q["knock"], self._named(link_id))

    async def tell(self, link_id: UUID, item_id: str, at: datetime, *, answers: bool) -> None:
        """Keep that something happened to an item, once for however many that tell it."""
        await self._run("tell", link_id, item_id=item_id, at=at, answers=answers)

    async def told(self, link_id: UUID, limit: int = 100) -> list[Told]:
        """Return which items are to be read, those that wait longest first."""
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Told, Q["told"], self._named(link_id, limit=limit))

    async def waiting(self) -> list[UUID]:
        """Return the links of which some item is to be read."""
        async with self._store.autocommit(self._tenant_id) as single:
            rows = await single.rows(Q["waiting"], {"tenant_id": self._tenant_id})
        return [link_id for (link_id,) in rows]

    async def read(self, link_id: UUID, some: Collection[Told]) -> None:
        """Forget what was told of items that were read since; what was told after that stays."""
        named = {"item_ids": [one.item_id for one in some], "times": [one.times for one in some]}
        await self._run("read", link_id, **named)

    async def _run(self, query: str, link_id: UUID, **more: Any) -> None:
        async with self._store.autocommit(self._tenant_id) as single:
            await single.run(Q[query], self._named(link_id, **more))

    def _named(self, link_id: UUID, **more: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "link_id": link_id, **more}
