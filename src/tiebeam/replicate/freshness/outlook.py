"""From a connection's feeds to its plan, and from what a sync read to what is learnt. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tiebeam.replicate.freshness.estimate import estimates
from tiebeam.replicate.freshness.items import items_of
from tiebeam.replicate.freshness.model import Seen
from tiebeam.replicate.freshness.plan import Choice, Plan, plan
from tiebeam.replicate.model import Access
from tiebeam.replicate.plan import OVERLAP, may_be_read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from tiebeam.connectors.streams import Stream
    from tiebeam.replicate.freshness.model import Evidence, Item
    from tiebeam.replicate.model import Feed
    from tiebeam.replicate.sync import FeedProbe, FeedRead

COPYING_SHARE = 0.5
"""While more than this part of the feeds was never read to its end, the first copy is under way."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be read of a connection, and how far its first copy is."""

    plan: Plan
    new: frozenset[int]
    """Feeds to be read whatever the plan says: never read to their end, because a project came or a tool
    was switched on, or refused so long ago that it is time to ask again."""
    copying: bool
    """Whether the first copy is still under way: then everything is read, in its phases."""


def never_read(feeds: Iterable[Feed]) -> frozenset[int]:
    """Return the feeds that can be read and never were to their end."""
    return frozenset(feed.id for feed in feeds if feed.access is Access.OPEN and feed.completed_at is None)


def planned(
    streams: Sequence[Stream],
    feeds: Sequence[Feed],
    evidence: Mapping[int, Evidence],
    calls_per_hour: float,
    now: datetime,
    *,
    covered: Collection[str] = (),
    ceilings: Mapping[str, timedelta] | None = None,
) -> Planned:
    """Return the plan of a connection with these feeds; `calls_per_hour` is what polling may spend.

    `ceilings` are the intervals that the tenant has set, by stream.
    """
    open_feeds = [feed for feed in feeds if feed.access is Access.OPEN]
    new = never_read(open_feeds)
    refused = frozenset(
        feed.id for feed in feeds if feed.access is Access.OFF and may_be_read(feed, now=now, insist=False)
    )
    items = items_of(streams, open_feeds, covered=covered, evidence=evidence, ceilings=ceilings)
    looked_at = {feed.id: feed.read_at for feed in open_feeds if feed.read_at and feed.id not in new}
    glanced = {item.feed_id for item in items if _glance_sees(item)}
    whole = {feed.id: _whole_at(feed, evidence.get(feed.id)) for feed in open_feeds if feed.id in glanced}
    read_at = {feed_id: min(at, whole.get(feed_id) or at) for feed_id, at in looked_at.items()}
    # Of feeds that are read together, the one that was read longest ago counts.
    last_reads = {
        item.feed_id: min(read_at[feed_id] for feed_id in item.feed_ids or (item.feed_id,))
        for item in items
        if all(feed_id in read_at for feed_id in item.feed_ids or (item.feed_id,))
    }
    probes = {feed_id: found.probed_at for feed_id, found in evidence.items() if found.probed_at}
    probes |= {feed_id: looked_at[feed_id] for feed_id in glanced & looked_at.keys()}
    found = plan(items, estimates(items, evidence, now), calls_per_hour, now, last_reads, last_probes=probes)
    return Planned(found, new | refused, not open_feeds or len(new) > COPYING_SHARE * len(open_feeds))


def _glance_sees(item: Item) -> float:
    return item.probe.sees_share if item.probe and item.probe.brings else 0.0


def _whole_at(feed: Feed, evidence: Evidence | None) -> datetime | None:
    """Return when a feed was last read whole: glances move `read_at`, and leave the watermark and `as_of`."""
    known = (feed.watermark + OVERLAP if feed.watermark else None, evidence.as_of if evidence else None)
    return max(filter(None, known), default=None)


def choice_of(due: Iterable[Choice]) -> tuple[frozenset[int], frozenset[int]]:
    """Return the feeds that are due, and of those the ones that are to be probed first."""
    probed: set[int] = set()
    read: set[int] = set()
    for choice in due:
        (probed if choice.probe else read).update(choice.feed_ids or (choice.feed_id,))
    return frozenset(probed | read), frozenset(probed - read)


def counted(probes: Iterable[FeedProbe], made: Plan) -> list[int]:
    """Return the items that were probed by a count, which brings nothing itself."""
    owner = owner_of(slot.item for slot in made.slots.values())
    asked = (feed_id for probe in probes if not probe.brought for feed_id in probe.feed_ids)
    return sorted({owner.get(feed_id, feed_id) for feed_id in asked})


def owner_of(items: Iterable[Item]) -> dict[int, int]:
    """Return under which feed's id the evidence of each feed is kept: that of the item it is read in."""
    return {feed_id: item.feed_id for item in items for feed_id in item.feed_ids or (item.feed_id,)}


def seen_of(
    reads: Iterable[FeedRead], made: Plan, began: datetime, probes: Iterable[FeedProbe] = ()
) -> list[tuple[int, Seen]]:
    """Return what each item is seen to have done in a sync that began then; first reads tell nothing."""
    owner = owner_of(slot.item for slot in made.slots.values())
    probes = list(probes)
    told = {owner.get(feed_id, feed_id): probe.changes for probe in probes for feed_id in probe.feed_ids}
    sees = {feed_id: _glance_sees(slot.item) for feed_id, slot in made.slots.items()}
    glances = [
        (feed_id, Seen(began, probe.changes, 1, glance=True, glance_sees=sees[feed_id]))
        for probe in probes
        for feed_id in probe.feed_ids
        if probe.brought and sees.get(feed_id)
    ]
    found: dict[int, list[FeedRead]] = defaultdict(list)
    for read in reads:
        found[owner.get(read.feed_id, read.feed_id)].append(read)
    return glances + [
        (
            feed_id,
            Seen(
                until=began,
                changes=sum(read.changes for read in some if not read.first),
                calls=sum(read.calls for read in some),
                announced=told.get(feed_id, 0),
                glance_sees=sees.get(feed_id, 0.0),
            ),
        )
        for feed_id, some in sorted(found.items())
    ]
