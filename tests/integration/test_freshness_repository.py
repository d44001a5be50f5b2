from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from tiebeam.connectors.streams import Scope
from tiebeam.replicate.freshness.estimate import observe
from tiebeam.replicate.freshness.model import Evidence, Seen
from tiebeam.replicate.freshness.repository import Freshness
from tiebeam.replicate.repository import Replica

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

CONNECTION = UUID(int=7)


@pytest.fixture
async def feed_id(store: Store, tenant: Tenant, clock: ManualClock) -> int:
    replica = Replica(store, tenant.id, CONNECTION, clock)
    feeds = await replica.ensure_feeds([("procore.rfis", Scope((("project_id", "12"),)))])
    return feeds[0].id


@pytest.fixture
def freshness(store: Store, tenant: Tenant) -> Freshness:
    return Freshness(store, tenant.id, CONNECTION)


async def test_what_reads_found_is_remembered_as_it_was_reckoned(
    freshness: Freshness, feed_id: int, clock: ManualClock
) -> None:
    expected = Evidence()
    for changes in (900, 3, 0, 5):
        seen = Seen(clock.now(), changes, calls=2)
        expected = observe(expected, seen)
        await freshness.note_read(feed_id, seen)
        clock.advance(3600)
    assert await freshness.evidence() == {feed_id: expected}
    assert 7.9 < sum(expected.changes) < 8
    assert 2.9 < sum(expected.hours) < 3


async def test_a_probe_and_what_webhooks_told_wait_for_the_next_read(
    freshness: Freshness, feed_id: int, clock: ManualClock
) -> None:
    await freshness.note_read(feed_id, Seen(clock.now(), 0, calls=2))
    clock.advance(600)
    await freshness.note_probe(feed_id, clock.now())
    await freshness.note_told(feed_id, 2)
    await freshness.note_told(feed_id)
    waiting = (await freshness.evidence())[feed_id]
    assert (waiting.probed_at, waiting.told_pending, waiting.told) == (clock.now(), 3, 0)
    clock.advance(600)
    await freshness.note_read(feed_id, Seen(clock.now(), 5, calls=2, announced=4))
    read = (await freshness.evidence())[feed_id]
    assert (read.told_pending, read.told, read.missed) == (0, 3, 5)
    assert (read.announced, read.unannounced) == (4, 1)
    assert sum(read.changes) == pytest.approx(8)


async def test_a_read_that_is_told_twice_or_late_counts_once(
    freshness: Freshness, feed_id: int, clock: ManualClock
) -> None:
    await freshness.note_read(feed_id, Seen(clock.now(), 0, calls=1))
    later = Seen(clock.now() + timedelta(hours=1), 4, calls=1)
    await freshness.note_read(feed_id, later)
    once = await freshness.evidence()
    await freshness.note_read(feed_id, later)
    await freshness.note_read(feed_id, Seen(clock.now(), 9, calls=1))
    assert await freshness.evidence() == once


async def test_another_connection_and_another_tenant_see_and_change_nothing(
    store: Store, tenant: Tenant, freshness: Freshness, feed_id: int, clock: ManualClock
) -> None:
    await freshness.note_read(feed_id, Seen(clock.now(), 0, calls=1))
    kept = await freshness.evidence()
    for stranger in (Freshness(store, uuid4(), CONNECTION), Freshness(store, tenant.id, uuid4())):
        assert await stranger.evidence() == {}
    await Freshness(store, uuid4(), CONNECTION).note_told(feed_id, 3)
    assert await freshness.evidence() == kept
