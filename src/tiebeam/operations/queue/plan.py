"""What to make of an outcome, an error, a heap of wishes, and a worker that is not heard of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.kernel.backoff import Backoff
from tiebeam.operations.queue.model import Blocked, Dead, Done, NewJob, Outcome, RetryAt, Snooze

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tiebeam.operations.queue.model import Job

BACKOFF: Final = Backoff(base_seconds=10.0, wait_seconds_max=3600.0, attempts_max=12)
WHY_CHARACTERS_MAX: Final = 2000

TRANSITIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "pending": {"claim": "processing", "cancel": "cancelled"},
    "processing": {
        "completed": "completed",
        "failed": "failed",
        "cancelled": "cancelled",
        "blocked": "blocked",
        "retry": "pending",
        "snooze": "pending",
    },
    "blocked": {"enqueue": "pending", "cancel": "cancelled"},
    "completed": {},
    "failed": {},
    "cancelled": {},
}
"""From which state what leads where. A job queued again while it ran is pending after whatever ends it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the database is told about one attempt; `wished_at` keeps it from counting for a later wish."""

    job_id: int
    wished_at: datetime
    name: str
    until: datetime | None = None
    why: str | None = None


def verdict(job: Job, outcome: Outcome) -> Verdict:
    """Return what to tell about an outcome; an overlong reason is cut."""
    match outcome:
        case Done():
            return Verdict(job.id, job.enqueued_at, "completed")
        case RetryAt(at, why):
            return Verdict(job.id, job.enqueued_at, "retry", at, why[:WHY_CHARACTERS_MAX])
        case Snooze(until):
            return Verdict(job.id, job.enqueued_at, "snooze", until)
        case Blocked(why):
            return Verdict(job.id, job.enqueued_at, "blocked", None, why[:WHY_CHARACTERS_MAX])
        case Dead(why):
            return Verdict(job.id, job.enqueued_at, "failed", None, why[:WHY_CHARACTERS_MAX])


def after_error(job: Job, why: str, now: datetime, backoff: Backoff = BACKOFF) -> Outcome:
    """Return what follows from an attempt that ended in an error nobody foresaw."""
    wait_seconds = backoff.wait_seconds(job.attempt, spread(job.id, job.attempt))
    return Dead(why) if wait_seconds is None else RetryAt(now + timedelta(seconds=wait_seconds), why)


def spread(job_id: int, attempt: int) -> float:
    """Return a number in [0, 1) by which jobs that failed together are not tried again together."""
    return ((job_id * 2654435761 + attempt * 2246822519) & 0xFFFFFFFF) / 0x100000000


def folded(jobs: Iterable[NewJob], at: datetime) -> list[NewJob]:
    """Return one wish a kind and key, as if they had been queued one by one at `at`, in a fixed order.

    The order keeps two who queue the same jobs from waiting for each other.
    """
    one_each: dict[tuple[str, str], NewJob] = {}
    for job in jobs:
        former = one_each.get((job.kind, job.key))
        one_each[job.kind, job.key] = job if former is None else _merged(former, job, at)
    return [one_each[name] for name in sorted(one_each)]


def _merged(former: NewJob, later: NewJob, at: datetime) -> NewJob:
    return NewJob(
        later.kind,
        later.key,
        later.args,
        priority=max(former.priority, later.priority),
        not_before=min(former.not_before or at, later.not_before or at),
        serial_key=former.serial_key,
    )


@dataclass(slots=True)
class Watch:
    """Who is alive, as one observer sees it with its own watch: clocks of other machines are not compared."""

    lease_seconds: float
    _heard: dict[int, tuple[int, float]] = field(default_factory=dict)

    def dead(self, beats: Mapping[int, int], now: float) -> dict[int, int]:
        """Return those of `beats` (worker to count) whose count has not changed for a lease, with the count.

        `now` is in seconds that never run backwards, and read before `beats` were.
        """
        self._heard = {
            worker: heard if (heard := self._heard.get(worker, (-1, now)))[0] == count else (count, now)
            for worker, count in beats.items()
        }
        return {
            worker: count
            for worker, (count, since) in self._heard.items()
            if now - since >= self.lease_seconds
        }
