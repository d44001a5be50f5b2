"""Who decides what is read, for the bench of freshness: fixed intervals, one after another, the planner."""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from bench.rig.freshness_run import Found, Look

from tiebeam.replicate.freshness.estimate import LOOK_BACK_HOURS_MAX, begun, estimates, observe
from tiebeam.replicate.freshness.model import Estimate, Seen, hours_since_epoch, moment_of
from tiebeam.replicate.freshness.plan import Plan, plan

if TYPE_CHECKING:
    from bench.rig.freshness_world import World

    from tiebeam.replicate.freshness.model import Item

START = hours_since_epoch(datetime(2026, 1, 5, tzinfo=UTC))
"""A Monday."""
HEADROOM = 0.1
LEARN_EVERY_HOURS = 6
YOUNG_HOURS = 72
"""For so long it learns anew each hour; in production each plan does, here that would only be slow."""
HISTORY_SHOWS = 0.5
"""Which part of the changes before the first copy is still seen: the others were to the same records."""


class Fixed:
    """Each feed at the seed's interval, all of them stretched alike until they fit the budget."""

    def __init__(self, world: World, calls_an_hour: float, start: float) -> None:
        items, self._polled = world.items, world.polled
        wanted = sum(item.cost_calls / _ceiling_hours(item) for item in items)
        self._every = {
            item.feed_id: _ceiling_hours(item) * max(1.0, wanted / calls_an_hour) for item in items
        }
        # Spread over its own interval, so that the feeds do not all come at once.
        spread = [(number * 0.618034) % 1.0 for number in range(len(items))]
        pairs = zip(items, spread, strict=True)
        self._heap = [(start + part * self._every[item.feed_id], item.feed_id) for item, part in pairs]
        heapq.heapify(self._heap)

    def next(self, now: float) -> Look:  # noqa: ARG002 - the protocol's; a fixed interval does not ask
        """Return the feed whose interval ends next."""
        return Look(*self._heap[0])

    def learn(self, found: Found) -> None:
        """Lay down when it comes next."""
        heapq.heapreplace(self._heap, (found.at + self._every[found.look.feed_id], found.look.feed_id))

    def told(self, feed_id: int, at: float) -> None:
        """Ignore webhooks."""

    def pace(self, now: float) -> float:  # noqa: ARG002 - as above
        """Return the whole budget."""
        return self._polled


class RoundRobin(Fixed):
    """One feed after another, again and again."""

    def __init__(self, world: World) -> None:
        self._polled = world.polled
        self._order = itertools.cycle([item.feed_id for item in world.items])
        self._next = next(self._order)

    def next(self, now: float) -> Look:
        """Return the next in turn, at once."""
        return Look(now, self._next)

    def learn(self, found: Found) -> None:  # noqa: ARG002 - the protocol's
        """Go on."""
        self._next = next(self._order)


def history(world: World, feed_id: int, seed: int) -> list[datetime]:
    """Return the times of change that the records of the first copy still show, a fortnight back."""
    rng = Random(f"{seed}/{feed_id}/history")
    past = world.changes(feed_id, START - LOOK_BACK_HOURS_MAX, START, -seed)
    return [moment_of(change.at) for change in past if rng.random() < HISTORY_SHOWS]


class Planned:
    """The planner, as it runs for real: planned anew each hour, its estimates fed by its own reads alone."""

    def __init__(self, world: World, seed: int) -> None:
        items = world.items
        self._world = world
        self._items = list(items)
        begin = moment_of(START)
        first = Seen(begin, 0, 1)
        self._evidence = {item.feed_id: begun(first, history(world, item.feed_id, seed)) for item in items}
        self._reads = {item.feed_id: begin for item in items}
        self._probes: dict[int, datetime] = {}
        self._probing = {item.feed_id: item.probe for item in items}
        self._estimates: dict[int, Estimate] = {}
        self._learnt_at = self._planned_at = -math.inf
        self._heap: list[Look] = []
        self._ready: list[Look] = []
        self._looked = dict.fromkeys(self._reads, START)
        self._plan: Plan | None = None
        self._pace = float(world.polled)

    def next(self, now: float) -> Look:
        """Return what is due next by the plan of this hour."""
        if math.floor(now) > self._planned_at:
            self._replan(now)
        while self._heap and self._heap[0].at <= now:
            self._ready.append(heapq.heappop(self._heap))
        if not self._ready:
            return self._heap[0]
        most = self._most_urgent(now)
        return Look(now, most.feed_id, most.probe)

    def _most_urgent(self, now: float) -> Look:
        """Return what is oldest in intervals, by which `Plan.due` sorts."""
        looked, second = self._looked, 1 / 3600
        oldest, found = -1.0, self._ready[0]
        for look in self._ready:
            last = looked[look.feed_id]
            age = (now - last) / max(look.at - last, second)
            if age > oldest:
                oldest, found = age, look
        return found

    def _replan(self, now: float) -> None:
        moment = moment_of(now)
        if now >= self._learnt_at + (1 if now < START + YOUNG_HOURS else LEARN_EVERY_HOURS):
            self._estimates = estimates(self._items, self._evidence, moment)
            self._learnt_at = now
        self._planned_at = math.floor(now)
        self._pace = self._polled(now)
        self._plan = plan(
            self._items, self._estimates, self._pace, moment, self._reads, last_probes=self._probes
        )
        self._heap, self._ready = [], []
        for item in self._items:
            self._push(item.feed_id)
        heapq.heapify(self._heap)

    def _polled(self, now: float) -> float:
        """Return what webhooks are expected to leave, less the headroom."""
        covered = [item.feed_id for item in self._items if item.covered_by_webhook]
        if not covered:
            return self._world.polled
        most = self._world.calls_an_hour
        fetched = sum(self._estimates[feed_id].mean(now, now + 1.0) for feed_id in covered)
        return max(0.2 * most, most * (1 - HEADROOM) - 1.2 * fetched)

    def _push(self, feed_id: int) -> None:
        assert self._plan
        slot = self._plan.slots[feed_id]
        read_at = self._reads[feed_id]
        due = Look(hours_since_epoch(slot.next_read(read_at)), feed_id)
        probe_at = slot.next_probe(max(read_at, self._probes.get(feed_id, read_at)))
        if probe_at is not None and hours_since_epoch(probe_at) < due.at:
            due = Look(hours_since_epoch(probe_at), feed_id, probe=True)
        heapq.heappush(self._heap, due)

    def learn(self, found: Found) -> None:
        """Feed the estimates."""
        look, moment = found.look, moment_of(found.at)
        self._ready = [one for one in self._ready if one.feed_id != look.feed_id]
        if self._heap and self._heap[0].feed_id == look.feed_id:
            heapq.heappop(self._heap)
        self._looked[look.feed_id] = found.at
        evidence = self._evidence[look.feed_id]
        probe = self._probing[look.feed_id]
        sees = probe.sees_share if probe and probe.brings else 0.0
        shape = self._estimates[look.feed_id].rates_per_hour
        if look.probe and sees:
            seen = Seen(moment, found.changes, found.calls, glance=True, glance_sees=sees)
            self._evidence[look.feed_id] = observe(evidence, seen, shape)
            self._probes[look.feed_id] = moment
        elif look.probe:
            self._probes[look.feed_id] = moment
            self._evidence[look.feed_id] = replace(evidence, probed_at=moment)
            if found.announced:
                heapq.heappush(self._heap, Look(found.at, look.feed_id))
                return
        else:
            seen = Seen(moment, found.changes, found.calls, found.announced, glance_sees=sees)
            self._evidence[look.feed_id] = observe(evidence, seen, shape)
            self._reads[look.feed_id] = moment
        self._push(look.feed_id)

    def told(self, feed_id: int, at: float) -> None:  # noqa: ARG002 - the protocol's
        """Count a change that a webhook brought."""
        evidence = self._evidence[feed_id]
        self._evidence[feed_id] = replace(evidence, told_pending=evidence.told_pending + 1)

    def pace(self, now: float) -> float:  # noqa: ARG002 - the protocol's
        """Return what the plan was made for."""
        return self._pace


def _ceiling_hours(item: Item) -> float:
    return item.ceiling.total_seconds() / 3600
