"""Which ticks are due, whatever the time, the interval and the tenant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tiebeam.operations.schedules.model import Standing, Tick
from tiebeam.operations.schedules.plan import due, tick_of

EVERY = timedelta(minutes=10)
tenants = st.uuids()
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(tenants, moments, st.integers(1, 100_000))
def test_a_tick_lies_on_the_tenants_grid_at_most_one_interval_back(
    tenant: UUID, now: datetime, seconds: int
) -> None:
    every = timedelta(seconds=seconds)
    tick = tick_of(tenant, now, every)
    assert timedelta(0) <= now - tick < every + timedelta(seconds=1)
    assert tick_of(tenant, tick, every) == tick
    assert tick_of(tenant, tick + every, every) == tick + every


@given(tenants, moments, st.lists(st.integers(0, 5000), max_size=30))
def test_every_tick_is_acted_on_once_and_after_an_outage_only_the_last(
    tenant: UUID, now: datetime, waits: list[int]
) -> None:
    last: datetime | None = None
    for wait in waits:
        now += timedelta(seconds=wait)
        found = due([Standing(tenant, "sync", None, enabled=True, last_tick_at=last)], {"sync": EVERY}, now)
        current = tick_of(tenant, now, EVERY)
        assert found == ([] if current == last else [Tick(tenant, "sync", current)])
        last = current


@given(tenants, moments)
def test_off_means_off_and_an_interval_of_ones_own_counts(tenant: UUID, now: datetime) -> None:
    off = Standing(tenant, "sync", None, enabled=False, last_tick_at=None)
    assert due([off], {"sync": EVERY}, now) == []
    own = Standing(tenant, "sync", 60, enabled=True, last_tick_at=now - timedelta(seconds=121))
    assert [tick.tick_at for tick in due([own], {"sync": EVERY}, now)] == [
        tick_of(tenant, now, timedelta(seconds=60))
    ]


def test_tenants_do_not_all_tick_at_once() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    ticks = {tick_of(UUID(int=number), now, EVERY) for number in range(600)}
    assert len(ticks) == 600
