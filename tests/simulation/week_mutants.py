"""Ways to break what is always on. A week must notice each, or it proves nothing of the whole one."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tiebeam.operations.queue.rescue import Rescue
from tiebeam.operations.schedules.plan import due as whole_due
from tiebeam.operations.tokens.repository import Lease
from tiebeam.replicate.webhooks.inbox import Inbox
from tiebeam.replicate.webhooks.keep import Caught, Gap
from tiebeam.replicate.webhooks.repository import Landing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tiebeam.replicate.webhooks.model import Pending

    Mutant = Callable[[], AbstractContextManager[Any]]


def _leave_jobs_in_dead_hands() -> AbstractContextManager[Any]:
    async def look(_: Rescue) -> int:
        return 0

    return patch.object(Rescue, "look", look)


def _answer_before_storing() -> AbstractContextManager[Any]:
    async def put(_: Inbox, _one: object) -> None:
        return

    return patch.object(Inbox, "put", put)


def _strike_deliveries_before_fetching() -> AbstractContextManager[Any]:
    whole = Landing.due

    async def due(self: Landing, most: int) -> list[Pending]:
        await self.settle(await whole(self, most))
        return []

    return patch.object(Landing, "due", due)


def _never_look_at_missed_deliveries() -> AbstractContextManager[Any]:
    async def catch_up(_: Gap) -> Caught:
        return Caught(0, 0)

    return patch.object(Gap, "catch_up", catch_up)


def _use_a_grant_without_keeping_it() -> AbstractContextManager[Any]:
    async def keep(_: Lease, _grant: object) -> None:
        return

    return patch.object(Lease, "keep", keep)


def _schedule_what_is_switched_off() -> AbstractContextManager[Any]:
    def due(standings: Any, *rest: Any) -> Any:
        return whole_due([replace(one, enabled=True) for one in standings], *rest)

    return patch("tiebeam.operations.schedules.scheduler.due", due)


MUTANTS: dict[str, Mutant] = {
    mutant.__name__.strip("_"): mutant
    for mutant in (
        _leave_jobs_in_dead_hands,
        _answer_before_storing,
        _strike_deliveries_before_fetching,
        _never_look_at_missed_deliveries,
        _use_a_grant_without_keeping_it,
        _schedule_what_is_switched_off,
    )
}


@contextmanager
def mutated_week(name: str) -> Iterator[None]:
    """Break what is always on in one way for a while."""
    with MUTANTS[name]():
        yield
