"""Every gate behaves the same, wherever it keeps its counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.sightings import Seen, headers

from tiebeam.operations.limits.gate import RateGate, Row, memory_gate
from tiebeam.operations.limits.model import Rates, domain_of
from tiebeam.operations.limits.repository import PostgresRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

    Maker = Callable[..., RateGate]


@pytest.fixture(params=["memory", "postgres"])
def row(request: pytest.FixtureRequest) -> Row:
    if request.param == "memory":
        return memory_gate(request.getfixturevalue("clock"))._row
    store: Store = request.getfixturevalue("store")
    return PostgresRow(store, domain_of("procore", "production", "client"))


@pytest.fixture
def make(row: Row, clock: ManualClock) -> Maker:
    return lambda **rates: RateGate(row, clock=clock, rates=Rates(**rates))


async def entries(gate: RateGate, clock: ManualClock, share: str, calls: int) -> list[float]:
    passed = []
    for _ in range(calls):
        await gate.enter(share)
        passed.append(clock.monotonic())
    return passed


@pytest.mark.req("R8")
async def test_a_burst_passes_at_once_and_the_rest_at_the_configured_pace(
    make: Maker, clock: ManualClock
) -> None:
    passed = await entries(make(), clock, "poll", 60)
    assert passed[7] == 0, "a fresh gate lets a burst through"
    assert 20 < passed[-1] < 70
    for width, most in ((1, 10), (10, 25), (60, 100)):
        assert max(sum(at - width < other <= at for other in passed) for at in passed) <= most


@pytest.mark.req("R8")
async def test_the_vendors_own_limit_replaces_the_configured_one(make: Maker, clock: ManualClock) -> None:
    gate = make()
    await gate.observe(headers(clock.now(), 50, 8, 49))
    await gate.observe(headers(clock.now(), 3600, 1800, 3599))
    windows = {window.name: window for window in (await gate.level()).windows}
    assert (windows["spike"].limit, windows["hour"].limit) == (50, 3600)
    assert "minute" not in windows, "the configured rate has stepped back"
    passed = await entries(gate, clock, "poll", 120)
    assert passed[-1] < 60, "faster than the configured 1.5 a second"
    assert max(sum(at - 10 < other <= at for other in passed) for at in passed) <= 50


@pytest.mark.req("R8")
async def test_a_refusal_shuts_the_whole_gate_until_the_vendor_says(
    make: Maker, row: Row, clock: ManualClock
) -> None:
    gate, other = make(), RateGate(row, clock=clock)
    await entries(gate, clock, "poll", 1)
    await gate.observe(Seen(429, retry_after_seconds=40.0))
    level = await other.level()
    assert level.paused_seconds == pytest.approx(41)
    assert "429" in level.pause_reason
    started = clock.monotonic()
    assert (await entries(other, clock, "headroom", 1))[0] - started >= 40


@pytest.mark.req("R8")
async def test_after_a_pause_nobody_stampedes(make: Maker, clock: ManualClock) -> None:
    gate = make()
    await gate.observe(Seen(503, retry_after_seconds=30.0))
    passed = await entries(gate, clock, "poll", 12)
    assert passed[0] >= 30
    assert sum(at < passed[0] + 1 for at in passed) == 1
    assert sum(at < passed[0] + 2 for at in passed) <= 3


@pytest.mark.req("R8")
async def test_a_connection_error_pauses_65_seconds_and_starts_afresh(
    make: Maker, clock: ManualClock
) -> None:
    gate = make()
    await entries(gate, clock, "poll", 8)
    before = clock.monotonic()
    await gate.observe(Seen(None))
    passed = await entries(gate, clock, "poll", 1)
    assert passed[0] - before == pytest.approx(65)
    windows = {window.name: window for window in (await gate.level()).windows}
    assert windows["spike"].used == 1, "the short windows are empty again"
    assert windows["hour"].used == 9, "the vendor has not forgotten the hour's calls, so neither do we"


@pytest.mark.req("R9")
async def test_demand_passes_at_once_while_polling_has_taken_all_it_may(
    make: Maker, clock: ManualClock
) -> None:
    gate = make()
    await gate.observe(headers(clock.now(), 25, 10, 25))
    while (await gate.level()).windows[1].shares["poll"].used < 430:
        await gate.enter("poll")
    before = clock.monotonic()
    await gate.enter("demand")
    await gate.enter("demand")
    await gate.enter("webhook")
    assert clock.monotonic() - before <= 2


async def test_somebody_elses_calls_are_honoured_until_reset(make: Maker, clock: ManualClock) -> None:
    gate = make()
    await gate.enter("demand")
    await gate.observe(headers(clock.now(), 600, 900, 0))
    level = (await gate.level()).windows[-1]
    assert (level.used, level.foreign, level.left) == (1, 599, 0)
    before = clock.monotonic()
    await gate.enter("demand")
    assert 900 <= clock.monotonic() - before <= 935


async def test_gates_on_one_row_share_one_budget(row: Row, clock: ManualClock) -> None:
    gates = [RateGate(row, clock=clock) for _ in range(3)]
    for number in range(12):
        await gates[number % 3].enter("poll")
    assert (await gates[0].level()).windows[0].used == 12


async def test_no_limits_means_no_waiting(make: Maker, clock: ManualClock) -> None:
    gate = make(off=True)
    await gate.observe(Seen(429, retry_after_seconds=60.0))
    await entries(gate, clock, "poll", 5000)
    assert clock.monotonic() == 0
    assert (await gate.level()).off


async def test_fixed_limits_are_not_unlearnt(make: Maker, clock: ManualClock) -> None:
    gate = make(learns=False, calls_per_hour=30)
    await gate.observe(headers(clock.now(), 3600, 1800, 3600))
    assert (await gate.level()).windows[-1].limit == 30


async def test_a_share_that_does_not_exist_is_refused(make: Maker) -> None:
    with pytest.raises(ValueError, match="'breakfast'"):
        await make().enter("breakfast")


async def test_a_row_is_changed_only_by_who_has_seen_its_latest_version(row: Row) -> None:
    version, state = await row.read()
    assert version == 0
    assert await row.swap(0, state)
    assert not await row.swap(0, state)
    assert await row.swap(1, state)
    assert (await row.read())[0] == 2
