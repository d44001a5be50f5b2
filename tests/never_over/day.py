"""A virtual day of four processes that share one set of credentials, and what the vendor saw of it.

Three of them poll without ever having enough. The fourth asks as a person does, at moments that nobody
foresees, for one to three calls at a time and on the whole within the part of the budget that is kept for
that: whoever asks for more than that part waits like everybody else. What is called and when is taken from
the vendor's own log, on its own, virtual clock.
"""

from __future__ import annotations

import asyncio
import os
import sys
from bisect import bisect_right
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.factories.processes import ROOT
from tests.never_over.lockstep import Conductor

from tiebeam.operations.limits.model import HOUR, SPIKE, domain_of
from tiebeam.simulators.base.server import serve
from tiebeam.simulators.company.build import build_company
from tiebeam.simulators.company.size import TINY
from tiebeam.simulators.procore.app import ProcoreSimulator
from tiebeam.simulators.procore.options import ProcoreOptions
from tiebeam.simulators.procore.state import ProcoreState

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tiebeam.simulators.base.messages import SimRequest, SimResponse

PROGRAMS = ("poll", "poll", "poll", "refresh")
STARTS_WITHIN_SECONDS = 2.0
REFUSED_MAX = 1
COMPANY_ID = 4_294_968_001
_START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


class Watched:
    """A simulated Procore that remembers when it was called and what it answered."""

    def __init__(self, simulator: ProcoreSimulator, conductor: Conductor) -> None:
        self.calls: list[tuple[float, int]] = []
        self._simulator = simulator
        self._conductor = conductor

    def handle(self, request: SimRequest) -> SimResponse:
        answer = self._simulator.handle(request)
        if not request.path.startswith("/oauth/"):
            self.calls.append((self._conductor.now_seconds, answer.status))
        return answer


@dataclass(slots=True)
class Day:
    """What the vendor saw, and how long who asked in person had to wait; times are virtual."""

    hours: float
    hourly_limit: int
    spike_limit: int
    processes: int
    calls: int
    refused_429: int
    spike_windows_over: int
    hour_windows_over: int
    most_in_10_s: int
    most_in_an_hour: int
    of_budget: float
    """Calls over what the hourly limit allows: that polling was hungry all the time."""
    refreshes: int
    refresh_wait_max_s: float
    refresh_waits_over: int
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def plain(self) -> dict[str, Any]:
        """For a line of JSON."""
        return asdict(self)

    @property
    def holds(self) -> bool:
        """Whether it is as it must be."""
        over = self.spike_windows_over + self.hour_windows_over + self.refresh_waits_over
        return over == 0 and self.refused_429 <= REFUSED_MAX and self.refreshes > 0


async def run_day(
    database_url: str,
    *,
    hours: float,
    hourly: int = 600,
    spike: int = 25,
    seed: int = 1,
    gate: bool = True,
) -> Day:
    """Let so many virtual hours pass over four processes that never have enough; without a gate, if asked."""
    conductor = Conductor(len(PROGRAMS), _START.timestamp())
    state = ProcoreState(COMPANY_ID, conductor.now, seed)
    build_company(state, seed=seed, size=TINY, start=_START)
    options = ProcoreOptions(hourly_limit=hourly, spike_limit=spike)
    vendor = Watched(ProcoreSimulator(state, options=options), conductor)
    domain = domain_of("procore", "custom", f"never-over-{hourly}-{spike}-{seed}")
    async with serve(vendor) as api, conductor.listening() as port, AsyncExitStack() as stack:
        for number, program in enumerate(PROGRAMS):
            here = (database_url, domain, port, api, COMPANY_ID)
            words = (program, f"{seed}:{number}", "on" if gate else "off", *here)
            await stack.enter_async_context(_caller(*map(str, words)))
        await conductor.conduct(3600 * hours)
    return _seen(conductor, vendor.calls, hours=hours, hourly=hourly, spike=spike)


@asynccontextmanager
async def _caller(*words: str) -> AsyncIterator[None]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = (sys.executable, "-m", "tests.never_over.caller", *words)
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT)
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _seen(
    conductor: Conductor, calls: Sequence[tuple[float, int]], *, hours: float, hourly: int, spike: int
) -> Day:
    moments = [at for at, _ in calls]
    in_spike, in_hour = in_window(moments, SPIKE.width_seconds), in_window(moments, HOUR.width_seconds)
    waits = [one["waited"] for one in conductor.told if "waited" in one]
    statuses = [status for _, status in calls]
    return Day(
        hours=hours,
        hourly_limit=hourly,
        spike_limit=spike,
        processes=len(PROGRAMS),
        calls=len(calls),
        refused_429=statuses.count(429),
        spike_windows_over=sum(inside > spike for inside in in_spike),
        hour_windows_over=sum(inside > hourly for inside in in_hour),
        most_in_10_s=max(in_spike, default=0),
        most_in_an_hour=max(in_hour, default=0),
        of_budget=round(len(calls) / (hourly * hours), 3),
        refreshes=len(waits),
        refresh_wait_max_s=round(max(waits, default=0.0), 3),
        refresh_waits_over=sum(wait > STARTS_WITHIN_SECONDS for wait in waits),
        statuses={str(status): statuses.count(status) for status in sorted(set(statuses))},
    )


def in_window(moments: Sequence[float], seconds: float) -> list[int]:
    """Return for each call how many there were, itself included, in the window that ends with it."""
    return [place + 1 - bisect_right(moments, at - seconds) for place, at in enumerate(moments)]
