"""One storm from its start to its figures."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from tests.crash.judge import judge
from tests.crash.record import read
from tests.crash.storm import Storm, kills_by_part
from tests.factories.command_line import simulator
from tests.factories.copies import asked, database_on

from tiebeam.cli.comparison import Comparison
from tiebeam.operations.queue.heartbeat import BEAT_SECONDS, LEASE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.crash.judge import Verdict
    from tests.crash.storm import Told
    from tests.factories.database import TestServer


RESUMED_WITHIN_SECONDS = 15.0
STALL_SECONDS_MAX = LEASE_SECONDS - 3 * BEAT_SECONDS
"""A machine that lets nobody run for longer makes the living look dead: then no time can be judged."""

_HISTORY = "select job_id::text, state from tiebeam.job_history"
_WAITING = "select id::text from tiebeam.job"
_TAKEN_IN = "select dedupe_id from tiebeam.webhook_delivery"
_HALF_TICKS = "select schedule, tick_at::text from tiebeam.tick where queued is null and error is null"
_NOT_FETCHED = "select stream, key from tiebeam.webhook_pending where attempts = 0 or not deleted"
_WRITTEN_TWICE = """
with every as (
    select feed_id, key, version, state, hash from tiebeam.record_version
    union all
    select feed_id, key, version, state, hash from tiebeam.record
)
select a.feed_id::text, a.key, a.version from every a
join every b on b.feed_id = a.feed_id and b.key = a.key and b.version = a.version + 1
    and b.hash = a.hash and b.state = a.state
"""


@dataclass(slots=True)
class Outcome:
    """What it came to, in the words of its last line."""

    minutes: float
    seed: int
    kills: dict[str, int]
    changes: int
    sent: int
    accepted: int
    jobs_done: int
    attempts_per_job: float
    jobs_in_killed_hands: int
    resumed_within_s: dict[str, float | None]
    stall_s: float
    converged: bool
    looks: int
    held: int
    records: int
    calls: int
    taken_for_dead: int
    differences: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    died: list[str] = field(default_factory=list)

    @property
    def plain(self) -> dict[str, Any]:
        """For a line of JSON."""
        return asdict(self)

    @property
    def judgeable(self) -> bool:
        """Whether the machine ran everybody often enough for times to mean anything."""
        return self.stall_s <= STALL_SECONDS_MAX

    @property
    def in_time(self) -> bool:
        """Whether every job of a killed worker was with another soon enough, as far as that can be judged."""
        most = self.resumed_within_s["max"]
        return most is None or most <= RESUMED_WITHIN_SECONDS or not self.judgeable

    @property
    def holds(self) -> bool:
        """Whether it is as it must be."""
        return self.converged and self.in_time and not (self.lost or self.twice or self.died)


def run_storm(
    server: TestServer, folder: Path, *, minutes: float, seed: int, size: str, say: Callable[[str], None]
) -> Outcome:
    """Run one over a fresh database and a fresh company, and say what came of it."""
    with (
        simulator(folder / "sim", "--size", size, "--seed", seed) as sim,
        database_on(server) as url,
    ):
        told = asyncio.run(Storm(url, sim, folder, seed, say).run(60 * minutes))
        return _outcome(url, told, judge(read(url), told.kills), minutes=minutes, seed=seed)


def _outcome(url: str, told: Told, verdict: Verdict, *, minutes: float, seed: int) -> Outcome:
    found = told.found or Comparison(missing=["everything: it was never compared"])
    ended = dict(asked(url, _HISTORY, "default"))
    waiting = {row[0] for row in asked(url, _WAITING, "default")}
    accepted = [one for one in told.deliveries if _was_accepted(one)]
    resumed = sorted(verdict.resumed_seconds)
    lost = [f"job {job} is nowhere" for job in sorted(verdict.queued - ended.keys() - waiting)]
    lost += [f"job {job} was given up" for job, state in ended.items() if state != "completed"]
    lost += [f"job {job} was never taken again" for job in verdict.never_resumed if job not in ended]
    lost += _lost_deliveries(url, accepted)
    lost += [
        f"the tick {schedule} at {at} was begun and not ended"
        for schedule, at in asked(url, _HALF_TICKS, "default")
    ]
    return Outcome(
        minutes=minutes,
        seed=seed,
        kills=kills_by_part(told.kills),
        changes=told.changes,
        sent=sum(len(one["delivery_attempts"]) for one in told.deliveries),
        accepted=len(accepted),
        jobs_done=len(ended),
        attempts_per_job=round(verdict.taken / max(1, len(ended)), 3),
        jobs_in_killed_hands=len(resumed),
        resumed_within_s={"max": _at(resumed, 1.0), "p95": _at(resumed, 0.95), "p50": _at(resumed, 0.5)},
        stall_s=round(told.stall_seconds, 2),
        converged=found.equal,
        looks=told.looks,
        held=told.held,
        records=found.compared,
        calls=told.calls,
        taken_for_dead=verdict.taken_for_dead,
        differences=_differences(found)[:20],
        lost=lost,
        twice=_twice(url, verdict),
        died=told.died,
    )


def _differences(found: Comparison) -> list[str]:
    return [
        *(f"missing: {one}" for one in found.missing),
        *(f"invented: {one}" for one in found.invented),
        *(f"different: {one}" for one in found.different),
    ]


def _was_accepted(delivery: dict[str, Any]) -> bool:
    statuses = [attempt["response_status"] for attempt in delivery["delivery_attempts"]]
    return any(status is not None and 200 <= status < 300 for status in statuses)


def _lost_deliveries(url: str, accepted: Sequence[dict[str, Any]]) -> list[str]:
    there = {row[0] for row in asked(url, _TAKEN_IN, "default")}
    gone = [one["id"] for one in accepted if one["payload"]["ulid"] not in there]
    return [
        *(f"delivery {name} was accepted and is not there" for name in gone),
        *(
            f"{stream} {key} was told of and not fetched"
            for stream, key in asked(url, _NOT_FETCHED, "default")
        ),
    ]


def _twice(url: str, verdict: Verdict) -> list[str]:
    written = asked(url, _WRITTEN_TWICE, "default")
    return [
        *(f"record {key} of feed {feed} was written again as version {v + 1}" for feed, key, v in written),
        *(f"job {job} was in two hands" for job in verdict.in_two_hands),
        *(f"the tick {tick} was acted on twice" for tick in verdict.ticks_acted_twice),
    ]


def _at(ordered: Sequence[float], part: float) -> float | None:
    """Return a quantile of sorted seconds; None when there are none."""
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 2)
