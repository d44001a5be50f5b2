"""Many tickets at once, or none for an hour, under the limits that Procore has: in virtual time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import pytest
from tests.factories.virtual_time import in_virtual_time
from tests.never_over.day import in_window
from tests.push_sim.crowd import CALLS_OF_A_TICKET, MONDAY, crowd
from tests.push_sim.fairness import fairness, windows_over
from tests.simulation.stillness import silence

from tiebeam.capture import Capture
from tiebeam.field.model import Wanted
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.simulators.company.size import TINY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from tests.factories.virtual_time import LoopClock
    from tests.push_sim.crowd import Crowd

T = TypeVar("T")
HOURLY, SPIKE = 120, 25
TICKETS = 4


async def _virtually(doing: Callable[[LoopClock], Awaitable[T]]) -> T:
    """Do something in virtual time, in a thread: this loop goes on as it is."""

    def quietly() -> T:
        with silence():
            return in_virtual_time(MONDAY, doing)

    return await asyncio.to_thread(quietly)


@pytest.mark.req("P12", "P18", "P19", "R9")
async def test_tickets_and_polling_both_get_their_share_of_a_small_limit(
    database_url: str,
) -> None:
    async def day(clock: LoopClock) -> None:
        async with crowd(database_url, clock, size=TINY, hourly=HOURLY, spike=SPIKE) as site:
            ids = [await site.captured(number) for number in range(TICKETS)]
            await clock.sleep(1800)
            start = clock.monotonic()
            await site.pressed(ids)
            done = await site.delivered(ids, hours_max=6)
            end = clock.monotonic()
            assert len(done) == len(site.entries()) == len(set(site.entries())) == TICKETS
            _judge(site, start, end)
            # Five calls, of which three in ten seconds are its own whatever the hour lends.
            assert await site.first_sent_seconds(ids) <= 20

    await _virtually(day)


def _judge(site: Crowd, start: float, end: float) -> None:
    assert windows_over(site.watch, hourly=HOURLY, spike=SPIKE) == 0
    assert [status for *_, status in site.watch.answers if status == 429] == []
    assert len([at for at in site.watch.passed("demand") if at >= start]) == CALLS_OF_A_TICKET * TICKETS
    # Polling wants more from the first moment on, and has lent from the tickets before they were there.
    for share, own, since, least in (("demand", 18, start, 0.95), ("poll", 72, 0.0, 1.0)):
        found = fairness(site.watch, share, since, end, hourly=HOURLY)
        assert found.own == own
        assert found.hour_over_own >= least, found
        assert found.wait_over_fair <= 1.1, found


PARTS = {
    "time_and_material_entries": 1,
    "time_and_material_timecards": 1,
    "materials": 1,
    "time_and_material_entry_attachments": 2,
}
"""What a ticket is made of in Procore, and how many of each."""
DOWN = (
    FaultRule("drop_request", match="/rest/|/oauth/", probability=0.3),
    FaultRule("drop_answer", match="POST /rest/", probability=0.3),
    FaultRule("status", match="/rest/|/oauth/", status=503),
)


@pytest.mark.req("P14", "P18", "P19", "P20", "P24")
async def test_an_hour_without_procore_is_one_alert_and_afterwards_everything_is_there_once(
    database_url: str,
) -> None:
    async def day(clock: LoopClock) -> None:
        async with crowd(database_url, clock, size=TINY, hourly=3600, pollers=0) as site:
            before = _parts(site)
            await site.copied()
            site.simulator.faults = Faults(1, DOWN)
            ids = await _meanwhile(site)
            site.simulator.faults.stop()
            back = len(site.watch.answers)
            assert len(await site.delivered(ids, hours_max=2)) == len(ids)
            assert len(site.entries()) == len(set(site.entries())) == len(ids)
            assert [now - then for now, then in zip(_parts(site), before, strict=True)] == [
                each * len(ids) for each in PARTS.values()
            ]
            writes = [one for one in site.watch.answers[back:] if one[1] != "GET"]
            assert len(writes) <= CALLS_OF_A_TICKET * len(ids)
            assert windows_over(site.watch, hourly=3600, spike=SPIKE) == 0

    await _virtually(day)


def _parts(site: Crowd) -> list[int]:
    return [len(list(site.state.rows(name))) for name in PARTS]


async def _meanwhile(site: Crowd) -> list[UUID]:
    """Live through the hour: capture, approve, print, read, press; return what was captured."""
    since, ids = len(site.watch.answers), [await site.captured(number) for number in range(12)]
    await site.pressed(ids)
    for number in range(12, 18):
        await site.clock.sleep(600)
        ids.append(await site.captured(number))
        await site.pressed(ids[-1:])
        document = await site.pushing.documents().get(ids[-1])
        paper = await Capture(site.app).printer().paper(document)
        assert paper.data.startswith(b"%PDF-")
        assert len(await site.pushing.documents().search(Wanted())) == len(ids)
    (told,) = await site.app.alert_desk().open_alerts(site.app.tenant.id, every=True)
    assert told.rule in ("api_failing", "server_errors")
    # However many wait, an hour in vain takes no more calls than a few a minute.
    calls = [at for at, *_ in site.watch.answers[since:]]
    assert len(calls) <= 240, len(calls)
    assert max(in_window(calls, 60)) <= 12
    return ids
