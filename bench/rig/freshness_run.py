"""Virtual time for the bench of freshness: a policy, the vendor's limits, and how long changes waited."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from bench.rig.freshness_world import BURST

from tiebeam.replicate.freshness.model import HOURS_OF_WEEK

if TYPE_CHECKING:
    from bench.rig.freshness_world import Change, World

    from tiebeam.replicate.freshness.model import Item

CALLS_IN_TEN_SECONDS = 25
SECOND = 1 / 3600
FETCH_SECONDS = 1.0
DELIVERY_MEDIAN_SECONDS = 2.0
DELIVERY_SIGMA = 0.8


class Look(NamedTuple):
    """What a policy does next. Times are hours since the epoch."""

    at: float
    feed_id: int
    probe: bool = False


class Found(NamedTuple):
    """What a read or a probe came to."""

    look: Look
    at: float
    changes: int
    calls: int
    announced: int


class Policy(Protocol):
    """Who decides what is read."""

    def next(self, now: float) -> Look:
        """Return what to do next, not before its time."""
        ...

    def learn(self, found: Found) -> None:
        """Take in what the last one found."""
        ...

    def told(self, feed_id: int, at: float) -> None:
        """Take in that a webhook led to a change."""
        ...

    def pace(self, now: float) -> float:
        """Return how many calls an hour polling may make at present."""
        ...


class Limits:
    """The vendor's windows. Nothing passes that would go over either of them."""

    def __init__(self, calls_an_hour: int) -> None:
        self._calls_an_hour = calls_an_hour
        self._made: deque[float] = deque()
        self.most_in_an_hour = 0

    def earliest(self, now: float, calls: int) -> float:
        """Return when so many calls may be made, from `now` on."""
        at = now
        while self._made and self._made[0] <= now - 1.0:
            self._made.popleft()
        for window, most in ((1.0, self._calls_an_hour), (10 * SECOND, CALLS_IN_TEN_SECONDS)):
            over = len(self._made) + min(calls, most) - most
            if over > 0:
                at = max(at, self._made[over - 1] + window + SECOND / 1000)
        return at

    def make(self, at: float, calls: int) -> None:
        """Count calls."""
        while self._made and self._made[0] <= at - 1.0:
            self._made.popleft()
        self._made.extend([at] * calls)
        self.most_in_an_hour = max(self.most_in_an_hour, len(self._made))


Waits: TypeAlias = "list[tuple[float, float]]"


@dataclass
class Outcome:
    """How long the changes of each week waited, in hours, each with its weight."""

    waits: dict[int, Waits] = field(default_factory=lambda: defaultdict(list))
    """By the week in which the change was made."""
    told: dict[int, Waits] = field(default_factory=lambda: defaultdict(list))
    """Of those, the changes of feeds that webhooks cover."""
    calls: int = 0
    most_in_an_hour: int = 0


def mean(waits: Waits) -> float:
    """Return the weighted mean, in hours."""
    return sum(wait * weight for wait, weight in waits) / sum(weight for _, weight in waits)


def percentile(waits: Waits, share: float) -> float:
    """Return the wait that this share of the weight does not exceed."""
    ranked = sorted(waits)
    left = share * sum(weight for _, weight in ranked)
    for wait, weight in ranked:
        left -= weight
        if left <= 0:
            return wait
    return ranked[-1][0]


class Run:
    """One policy in one world, which begins at `origin`, from `start` to `end`."""

    def __init__(self, world: World, policy: Policy, origin: float, start: float, end: float) -> None:
        self._items = {item.feed_id: item for item in world.items}
        self._policy = policy
        self._origin, self._start, self._end = origin, start, end
        self._limits = Limits(world.calls_an_hour)
        self.outcome = Outcome()
        self._pending: dict[int, list[Change]] = {feed_id: [] for feed_id in self._items}
        self._to_come: dict[int, list[Change]] = {}
        self._deliveries: list[tuple[float, int, Change]] = []

    def play(self, world: World, seed: int, lost_share: float = 0.01) -> Outcome:
        """Let time pass."""
        rng = Random(f"{seed}/webhooks")
        for feed_id, item in self._items.items():
            known = world.changes(feed_id, self._origin, self._end, seed)
            changes = [change for change in known if change.at >= self._start]
            self._to_come[feed_id] = changes[::-1]
            if item.covered_by_webhook:
                self._deliver(feed_id, changes, rng, lost_share)
        heapq.heapify(self._deliveries)
        self._poll()
        self._leave()
        self.outcome.most_in_an_hour = self._limits.most_in_an_hour
        return self.outcome

    def _deliver(self, feed_id: int, changes: list[Change], rng: Random, lost_share: float) -> None:
        for change in changes:
            if rng.random() >= lost_share:
                late = DELIVERY_MEDIAN_SECONDS * rng.lognormvariate(0.0, DELIVERY_SIGMA) * SECOND
                self._deliveries.append((change.at + late, feed_id, change))

    def _poll(self) -> None:
        now, saved = self._start, float(BURST)
        while now < self._end:
            look = self._policy.next(now)
            item = self._items[look.feed_id]
            calls = round(item.probe.cost_calls if look.probe and item.probe else item.cost_calls)
            pace = self._policy.pace(now)
            # Calls that lie idle go to what is due next: they cannot be saved up.
            due = min(look.at, now + (BURST - saved) / pace)
            at = max(now, due, now + (min(calls, BURST) - saved) / pace)
            if self._deliveries and self._deliveries[0][0] <= at:
                arrived = max(now, self._deliveries[0][0])
                saved = min(BURST, saved + (arrived - now) * pace)
                now = arrived
                now = self._fetch(now)
                continue
            saved = min(BURST, saved + (at - now) * pace)
            now = at
            ready = self._limits.earliest(now, calls)
            if ready > now:
                saved = min(BURST, saved + (ready - now) * pace)
                now = ready
                continue
            before = self.outcome.calls
            now = self._probe(look, now) if look.probe else self._read(look, now, calls)
            saved -= self.outcome.calls - before

    def _probe(self, look: Look, now: float) -> float:
        item = self._items[look.feed_id]
        shown = [change for change in self._arrived(look.feed_id, now) if change.counted]
        self._call(now, 1)
        at = now
        if item.probe and item.probe.brings:
            at = self._bring(item, shown, now)
            self._pending[look.feed_id] = [one for one in self._pending[look.feed_id] if not one.counted]
        self._policy.learn(Found(look, now, len(shown), 1, len(shown)))
        return at

    def _bring(self, item: Item, found: list[Change], at: float) -> float:
        """Fetch the details of what has changed, where there are any; return when that is done."""
        for change in found:
            if item.calls_per_change:
                at = self._limits.earliest(at, 1)
                self._call(at, 1)
            self._note(item, change, at)
        return at

    def _read(self, look: Look, now: float, calls: int) -> float:
        """Read one item, then the details of what has changed; return when that is done."""
        item = self._items[look.feed_id]
        found = self._arrived(look.feed_id, now)
        announced = sum(change.counted for change in found)
        self._call(now, calls)
        at = self._bring(item, found, now)
        self._pending[look.feed_id] = []
        self._policy.learn(Found(look, now, len(found), calls, announced))
        return at

    def _call(self, at: float, calls: int) -> None:
        self._limits.make(at, calls)
        self.outcome.calls += calls

    def _fetch(self, now: float) -> float:
        _, feed_id, change = heapq.heappop(self._deliveries)
        waiting = self._arrived(feed_id, now)
        if change not in waiting:
            return now
        ready = self._limits.earliest(now, 1)
        self._call(ready, 1)
        waiting.remove(change)
        self._note(self._items[feed_id], change, ready + FETCH_SECONDS * SECOND)
        self._policy.told(feed_id, now)
        return ready

    def _arrived(self, feed_id: int, now: float) -> list[Change]:
        coming, pending = self._to_come[feed_id], self._pending[feed_id]
        while coming and coming[-1].at <= now:
            pending.append(coming.pop())
        return pending

    def _note(self, item: Item, change: Change, at: float) -> None:
        week = int((change.at - self._origin) // HOURS_OF_WEEK)
        wait = (at - change.at, item.weight)
        self.outcome.waits[week].append(wait)
        if item.covered_by_webhook:
            self.outcome.told[week].append(wait)

    def _leave(self) -> None:
        """Count what is still waiting at the end as read at the end."""
        for feed_id, item in self._items.items():
            for change in self._arrived(feed_id, self._end):
                self._note(item, change, self._end)
