"""The last pass over each joined board, and which boards have changes of ours to tell, kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tiebeam.store.pool import Store

Q = queries("tiebeam.link.outside.passes")


@dataclass(frozen=True, slots=True)
class Pass:
    """A board laid beside the one elsewhere, whole."""

    link_id: UUID
    began_at: datetime
    ended_at: datetime
    calls: int
    """Calls that it took."""
    ours: int
    """Items of ours that were made or changed by it."""
    theirs: int
    refused: str | None
    """Why it came to an early end; None when it came to its own."""


class Passes:
    """The passes of one tenant."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id

    async def all(self) -> dict[UUID, Pass]:
        """Return the last pass of each link."""
        async with self._store.autocommit(self._tenant_id) as single:
            found = await single.all(Pass, Q["passes"], {"tenant_id": self._tenant_id})
        return {one.link_id: one for one in found}

    async def put(self, one: Pass) -> None:
        """Keep a pass in the place of the one before."""
        async with self._store.autocommit(self._tenant_id) as single:
            await single.run(Q["put_pass"], {"tenant_id": self._tenant_id, **asdict(one)})

    async def pulse(self) -> str:
        """Return what changes with every pass, door and joined board."""
        async with self._store.autocommit(self._tenant_id) as single:
            return str(await single.value(Q["pulse"], {"tenant_id": self._tenant_id}))

    async def changed(self) -> list[UUID]:
        """Return the links on whose board something was changed here that nobody has looked at."""
        async with self._store.autocommit(self._tenant_id) as single:
            rows = await single.rows(Q["changed"], {"tenant_id": self._tenant_id})
        return [link_id for (link_id,) in rows]
