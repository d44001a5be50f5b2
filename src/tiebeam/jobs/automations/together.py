"""Many writes that are answered by bringing pairs in step and nothing else: in a few statements for all.

Each rule is still asked about each write once, and its note says what became of it. Whoever dies in between
leaves notes that are begun, and what they are about is done again one by one, where nothing is left to do.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tiebeam.jobs.automations.model import ActionKind, Progress, Result
from tiebeam.jobs.automations.plan import End, advanced, brought_in_step, next_of
from tiebeam.jobs.automations.seeing import all_seen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from tiebeam.jobs.automations.model import Event, Rule
    from tiebeam.jobs.automations.plan import Page
    from tiebeam.jobs.automations.ports import Hands
    from tiebeam.jobs.automations.repository import RuledWork
    from tiebeam.jobs.model import Cause
    from tiebeam.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class _Due:
    """A rule that wants a pair brought in step."""

    progress: Progress
    kind: ActionKind
    id: UUID


class Together:
    """Brings in step what many writes ask for. What it cannot do for all at once it does not do."""

    def __init__(self, work: RuledWork, clock: Clock, hands: Hands) -> None:
        self._work = work
        self._clock = clock
        self._hands = hands

    async def answer(self, page: Page, wishes: Sequence[tuple[Rule, Event]]) -> list[Progress]:
        """Ask rules of which each brings a pair in step, and do so; return what came of each.

        Raises what the hands raise: what was not noted until then is to be asked one by one.
        """
        async with self._work.firings.transaction() as tx:
            begun = await self._work.firings.begin_all(tx, wishes)
            waiting = [one for one in begun if one.result is Result.BEGUN]
            today = self._clock.now().date()
            seen = await all_seen(self._work, page.world, [one.event for one in waiting], today, tx)
            over, due = [one for one in begun if one.result is not Result.BEGUN], []
            ended = []
            for progress in waiting:
                act = next_of(page, progress, seen[progress.event.id])
                if isinstance(act, End):
                    ended.append(replace(progress, result=act.result, detail=act.detail))
                    continue
                id_ = brought_in_step(act.kind, progress.event, seen[progress.event.id])
                if id_ is None or (act.kind, id_) in page.synced:
                    ended.append(advanced(progress, ""))
                else:
                    due.append(_Due(progress, act.kind, id_))
            await self._work.firings.reached_all(tx, ended)
        return [*over, *ended, *await self._in_step(page, due)]

    async def _in_step(self, page: Page, due: Sequence[_Due]) -> list[Progress]:
        """Do so for all that one write asked for at once, and note it before the next."""
        together: defaultdict[tuple[ActionKind, Cause], list[_Due]] = defaultdict(list)
        for one in due:
            together[one.kind, one.progress.event.cause].append(one)
        found: list[Progress] = []
        for (kind, cause), many in together.items():
            ids = [id_ for id_ in dict.fromkeys(one.id for one in many) if (kind, id_) not in page.synced]
            sync = self._hands.sync_to_board if kind is ActionKind.SYNC_TO_BOARD else self._hands.sync_to_job
            said = dict(await sync(ids, cause.next())) if ids else {}
            page.synced |= {(kind, id_) for id_ in ids}
            # Who asks for the same once more has nothing left to do.
            done = [advanced(one.progress, said.pop(one.id, "")) for one in many]
            async with self._work.firings.transaction() as tx:
                await self._work.firings.reached_all(tx, done)
            found += done
        return found
