"""What a record of the queue and a list of kills amount to. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from tests.crash.parts import Killed
    from tests.crash.record import Seen

# What a process had sent before it was killed, the database may still be doing.
_LAST_WORDS = timedelta(seconds=1)


@dataclass(slots=True)
class Verdict:
    """What became of the jobs."""

    resumed_seconds: list[float] = field(default_factory=list)
    """For each job in the hands of a killed worker: from the kill until another worker had it again."""
    never_resumed: list[str] = field(default_factory=list)
    in_two_hands: list[str] = field(default_factory=list)
    """Jobs taken by one worker while another that lived still had them."""
    taken_for_dead: int = 0
    """Workers struck off that were alive."""
    ticks_acted_twice: list[str] = field(default_factory=list)
    queued: set[str] = field(default_factory=set)
    taken: int = 0
    kinds: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Hands:
    """Who has which job, as the record is read."""

    holder: dict[str, int] = field(default_factory=dict)
    orphans: dict[str, datetime] = field(default_factory=dict)
    doubtful: dict[str, int] = field(default_factory=dict)
    """Jobs that were taken away from a living worker, and from which."""


def judge(seen: Sequence[Seen], kills: Iterable[Killed]) -> Verdict:
    """Return what became of every job, tick and worker."""
    died_at = _deaths(seen, {f"/{kill.pid}": kill.at for kill in kills if kill.kind == "worker"})
    moved = {one.change for one in seen if one.what == "joined"}
    found, hands = Verdict(), _Hands()
    ticks: Counter[str] = Counter()
    for one in seen:
        if one.what == "queued":
            found.queued.add(one.subject)
        elif one.what == "ticked":
            ticks[one.subject] += 1
        elif one.what == "struck off":
            _strike(one, hands, found, died_at, moved)
        elif one.what in ("taken", "renumbered"):
            _take(one, hands, found)
        elif one.what in ("laid down", "ended"):
            _lay_down(one, hands, died_at)
    found.ticks_acted_twice = [tick for tick, times in ticks.items() if times > 1]
    left = {job for job, worker in hands.holder.items() if worker in died_at}
    found.never_resumed = sorted(left | hands.orphans.keys())
    return found


def _deaths(seen: Iterable[Seen], killed: dict[str, datetime]) -> dict[int, datetime]:
    """Return when which worker was killed: a worker's name ends with the number of its process."""
    return {
        one.worker_id: killed["/" + one.subject.rpartition("/")[2]]
        for one in seen
        if one.what == "joined" and one.worker_id and "/" + one.subject.rpartition("/")[2] in killed
    }


def _strike(one: Seen, hands: _Hands, found: Verdict, died_at: dict[int, datetime], moved: set[int]) -> None:
    held = [job for job, worker in hands.holder.items() if worker == one.worker_id]
    dead = one.worker_id in died_at and one.at >= died_at[one.worker_id]
    # A worker that changes its number, or leaves with empty hands, does so by itself.
    if dead or one.change in moved or not held:
        return
    found.taken_for_dead += 1
    hands.doubtful |= dict.fromkeys(held, one.worker_id or 0)


def _take(one: Seen, hands: _Hands, found: Verdict) -> None:
    job, worker = one.subject, one.worker_id or 0
    if one.what == "taken":
        found.taken += 1
        found.kinds[one.state] += 1
        before = hands.doubtful.pop(job, hands.holder.get(job, worker))
        if before != worker:
            found.in_two_hands.append(job)
        since = hands.orphans.pop(job, None)
        if since is not None:
            found.resumed_seconds.append((one.at - since).total_seconds())
    hands.holder[job] = worker


def _lay_down(one: Seen, hands: _Hands, died_at: dict[int, datetime]) -> None:
    worker = hands.holder.pop(one.subject, None)
    died = died_at.get(worker or 0)
    if died is None or one.at <= died + _LAST_WORDS:
        return
    if one.what == "laid down":
        hands.orphans[one.subject] = died
