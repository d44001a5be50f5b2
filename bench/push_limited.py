"""Whether tickets and polling both get their share: `python bench/push_limited.py [--json] [--tickets N]`.

200 tickets with a photo each are sent at once into a simulated Procore with the limits that the real one has,
600 calls an hour and 25 in ten seconds, while everything that polls never has enough: the copy's own plan in
the queue and three readers without any. Two workers share the queue, the gate and the ledger in an embedded
PostgreSQL; time is virtual, so that half a day passes in minutes. An hour is counted as the gate counts it,
a minute longer than the vendor's.

- `first_sent_of_10_s`: seconds from the click until the first ticket is in Procore, of ten. Goal: at most 1.
- `push_hour_over_own`, `poll_hour_over_own`: the fewest calls of any hour in which there were tickets, or
  for polling of any at all, over those that are each one's own (90 and 360). Goal: at least 0.95 for tickets,
  of which one is sent at a time and wants nothing while its call is under way, and 1 for polling.
- `ticket_wait_over_fair`: when each ticket was there whole, over when its own share alone would have brought
  it and all before it; the worst. Goal: at most 1.1.
- `poll_wait_over_fair`: the same for the calls of polling, from its first hour's end on. Goal: at most 1.1.
- `calls_over_fewest`: calls for a ticket, over the fewest. Goal: at most 1.05.
- `windows_over`, `refused`: windows above a limit as the vendor counts them, and answers 429. Goal: 0.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.rig.stage import database_folder, fresh_database, print_ratios, tell
from tests.factories.virtual_time import in_virtual_time
from tests.push_sim.crowd import CALLS_OF_A_TICKET, MONDAY, crowd
from tests.push_sim.fairness import HOUR_SECONDS, fairness, own_of, windows_over
from tests.simulation.stillness import silence

from tiebeam.simulators.company.size import SMALL
from tiebeam.store.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.factories.virtual_time import LoopClock
    from tests.push_sim.crowd import Crowd

TICKETS = 200
HOURLY, SPIKE = 600, 25
WARM_SECONDS = 3600.0
HOURS_MAX = 24.0


async def measured(site: Crowd, tickets: int) -> Mapping[str, float]:
    """Send tickets after an hour of polling alone, and return every ratio."""
    ids = [await site.captured(number) for number in range(tickets)]
    await site.clock.sleep(WARM_SECONDS)
    start = site.clock.monotonic()
    await site.pressed(ids)
    done = await site.delivered(ids, hours_max=HOURS_MAX)
    end = site.clock.monotonic()
    if len(done) < tickets or len(set(site.entries())) != tickets or len(site.entries()) != tickets:
        raise SystemExit(f"Not all of it arrived once: {len(done)} tickets of {tickets}.")
    pushed = fairness(site.watch, "demand", start, end, hourly=HOURLY)
    polled = fairness(site.watch, "poll", 0.0, end, hourly=HOURLY)
    turn_seconds = HOUR_SECONDS / own_of("demand", HOURLY)
    fair = [CALLS_OF_A_TICKET * number * turn_seconds for number in range(1, tickets + 1)]
    tell(f"{tickets} tickets in {(end - start) / 3600:.1f} h, the first whole after {done[0]:.0f} s")
    tell(f"longest without a write: {pushed.longest_seconds:.0f} s, a poll {polled.longest_seconds:.0f} s")
    return {
        "first_sent_of_10_s": await site.first_sent_seconds(ids) / 10.0,
        "push_hour_over_own": pushed.hour_over_own,
        "poll_hour_over_own": polled.hour_over_own,
        "ticket_wait_over_fair": max(took / due for took, due in zip(done, fair, strict=True)),
        "poll_wait_over_fair": polled.wait_over_fair,
        "calls_over_fewest": sum(at >= start for at in site.watch.passed("demand"))
        / (CALLS_OF_A_TICKET * tickets),
        "windows_over": windows_over(site.watch, hourly=HOURLY, spike=SPIKE),
        "refused": sum(status == 429 for *_, status in site.watch.answers),
    }


def in_half_a_day(url: str, tickets: int) -> Mapping[str, float]:
    """Measure in virtual time."""

    async def day(clock: LoopClock) -> Mapping[str, float]:
        async with crowd(url, clock, size=SMALL, hourly=HOURLY, spike=SPIKE) as site:
            return await measured(site, tickets)

    with silence():
        return in_virtual_time(MONDAY, day)


async def run(tickets: int) -> Mapping[str, float]:
    """Return every ratio."""
    with database_folder() as folder:
        async with await EmbeddedServer.start(folder, fsync=False) as server:
            await fresh_database(server, "limited")
            return await asyncio.to_thread(in_half_a_day, server.url("limited"), tickets)


def main() -> None:
    """Print every ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one line of JSON alone")
    parser.add_argument("--tickets", type=int, default=TICKETS, help="how many are sent at once")
    asked = parser.parse_args()
    print_ratios("push_limited", asyncio.run(run(asked.tickets)), as_json=asked.json)


if __name__ == "__main__":
    main()
