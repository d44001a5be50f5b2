"""A simulated Procore behind a real socket, with its company at hand: what happens there, a test does."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TypeVar

from tiebeam.cli.sim import MovableClock, simulated_procore
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.simulators.base.server import serve
from tiebeam.simulators.company.size import TINY
from tiebeam.simulators.procore.options import ProcoreOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tiebeam.simulators.procore.app import ProcoreSimulator

OTHER_COMPANY = 2000

Made = TypeVar("Made")


@dataclass(slots=True)
class Vendor:
    """A simulated Procore that runs, which asks for consent on its page."""

    url: str
    loop: asyncio.AbstractEventLoop
    simulator: ProcoreSimulator

    def variables(self) -> dict[str, object]:
        """Return the settings that lead to it."""
        client = self.simulator.options.clients[0]
        return {
            "procore_environment": "custom",
            "procore_login_url": self.url,
            "procore_api_url": self.url,
            "procore_client_id": client.client_id,
            "procore_client_secret": client.client_secret,
        }

    def do(self, what: Callable[[ProcoreSimulator], Made]) -> Made:
        """Have something happen there, between two of its answers."""

        async def happen() -> Made:
            return what(self.simulator)

        return asyncio.run_coroutine_threadsafe(happen(), self.loop).result(30)

    def slow_down(self, seconds: float) -> None:
        """Answer every call of the API that much later; 0 as fast as it can."""
        rules = [FaultRule("delay", "/rest/", delay_seconds=seconds)] if seconds else []

        def slow(simulator: ProcoreSimulator) -> None:
            simulator.faults = Faults(1, rules)

        self.do(slow)

    def projects(self) -> list[dict[str, Any]]:
        """Return the company's projects."""
        return self.do(lambda simulator: [row.list for row in simulator.truth("projects")])

    def write_rfis(self, project_id: int, subjects: list[str]) -> list[int]:
        """Add an RFI for each subject to a project; returns their ids."""

        def write(simulator: ProcoreSimulator) -> list[int]:
            pattern = next(iter(simulator.truth("rfis", project_id=project_id))).list
            made = []
            for number, subject in enumerate(subjects, start=500):
                fields = {**deepcopy(pattern), "subject": subject, "number": str(number)}
                fields |= {"full_number": f"RFI-{number}", "questions": [], "status": "open", "reference": ""}
                del fields["id"]
                made.append(simulator.state.insert("rfis", fields, project_id=project_id)["id"])
            return made

        return self.do(write)

    def edit_rfi(self, rfi_id: int, project_id: int, **changes: object) -> None:
        """Have somebody there change fields of an RFI."""
        self.do(lambda there: there.state.update("rfis", rfi_id, dict(changes), project_id=project_id))

    def delete_rfis(self, rfi_ids: list[int], project_id: int) -> None:
        """Have somebody there delete RFIs."""

        def delete(simulator: ProcoreSimulator) -> None:
            for rfi_id in rfi_ids:
                simulator.state.delete("rfis", rfi_id, project_id=project_id)

        self.do(delete)

    def revoke(self) -> None:
        """Have the vendor's administrator take every grant back."""
        self.do(lambda simulator: simulator.oauth.revoke_all())


@contextmanager
def vendor_up(seed: int = 4) -> Iterator[Vendor]:
    """Run a simulated Procore of two companies, one of them small and full of work, the other not ours."""
    options = ProcoreOptions(auto_consent=False, hourly_limit=3600, spike_limit=300)
    clock = MovableClock()
    simulator, _ = simulated_procore(
        clock.now, seed=seed, size=TINY, options=options, faults=Faults(1, []), pace=0
    )
    simulator.state.insert("companies", {"id": OTHER_COMPANY, "name": "Harbor & Vale", "is_active": True})
    up, found = Event(), []

    async def run() -> None:
        async with serve(simulator) as url:
            loop, ending = asyncio.get_running_loop(), asyncio.Event()
            found.append((Vendor(url, loop, simulator), ending))
            up.set()
            await ending.wait()

    thread = Thread(target=asyncio.run, args=(run(),), name="simulated Procore")
    thread.start()
    assert up.wait(60)
    vendor, ending = found[0]
    try:
        yield vendor
    finally:
        vendor.loop.call_soon_threadsafe(ending.set)
        thread.join(30)
