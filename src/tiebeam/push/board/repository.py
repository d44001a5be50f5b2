"""How everything that is pushed stands, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tiebeam.push.board.model import Attempt, NotSent, Standing, StepStanding, Stuck
from tiebeam.store.adapt import Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.store.pool import Store

Q = queries("tiebeam.push.board")

ATTEMPTS_MAX: Final = 1000
EVERY_TROUBLE: Final = tuple(Stuck)


class Board:
    """What one tenant pushes, for who looks at it."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id

    async def of_documents(self, document_ids: Collection[UUID]) -> list[Standing]:
        """Return how documents stand, each with every target it is to be in."""
        return await self._standings("of_documents", document_ids=list(document_ids))

    async def one(self, intent_id: UUID) -> Standing | None:
        """Return how one intent stands."""
        found = await self._standings("one", intent_id=intent_id)
        return found[0] if found else None

    async def stuck(
        self,
        kinds: Sequence[Stuck] = EVERY_TROUBLE,
        *,
        projects: Collection[str] | None = None,
        code: str | None = None,
        before: tuple[datetime, UUID] | None = None,
        limit: int = 100,
    ) -> list[Standing]:
        """Return what is in trouble, the newest first; of these of our own projects, None for all."""
        before_at, before_id = before or (None, None)
        return await self._standings(
            "stuck",
            kinds=Texts(kind.value for kind in kinds),
            projects=None if projects is None else sorted(projects),
            code=code,
            before_at=before_at,
            before_id=before_id,
            limit=limit,
        )

    async def counts(self, projects: Collection[str] | None = None) -> dict[str, int]:
        """Return how many documents are in each state."""
        named = self._named(projects=None if projects is None else sorted(projects))
        async with self._store.autocommit(self._tenant_id) as single:
            return dict(await single.rows(Q["counts"], named))

    async def not_sent(self) -> NotSent | None:
        """Return how many documents wait for a person; None: none does."""
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.one(NotSent, Q["not_sent"], self._named())

    async def steps(self, intent_id: UUID) -> list[StepStanding]:
        """Return the writes of a document."""
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(StepStanding, Q["steps"], self._named(intent_id=intent_id))

    async def attempts(self, intent_id: UUID) -> list[Attempt]:
        """Return exactly what was sent of a document and what came of it, the first first."""
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(
                Attempt, Q["attempts"], self._named(intent_id=intent_id, limit=ATTEMPTS_MAX)
            )

    async def _standings(self, query: str, **named: Any) -> list[Standing]:
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.all(Standing, Q[query], self._named(**named))

    def _named(self, **named: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, **named}
