"""Whether the field notices when everything else is dead: `python bench/field.py [--json] [--rounds N]`.

A visit is what a ticket takes of the phone and of the office, over real sockets to `tiebeam web`: a photo of
200 kB and the ticket are put, it is handed in and approved, put on paper, and the list is read. In each round
so many visits are made in each of three worlds, one after another, in another order each time:

- alive: `tiebeam worker` and `scheduler` run, send each approved ticket and read the whole copy anew, as fast
  as a simulated Procore of 3,600 calls an hour and 25 in ten seconds allows;
- down: they run, and Procore takes calls and never answers;
- dead: neither of them runs, and Procore does not answer.

All ratios are of the 95th percentile of the time for a visit, the median over the rounds. Goals: at most 1.1.

- `p95_dead_over_alive`, `p95_alive_over_dead`: promise 10, in both directions.
- `p95_down_over_alive`: an hour without Procore is not to be felt either.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import statistics
import sys
import time
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from random import Random
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import aiohttp
from bench.rig.stage import database_folder, fresh_database, print_ratios, tell
from bench.rig.web_ask import p95
from bench.rig.web_console import Home, Served, served, signed_in
from PIL import Image
from tests.factories.command_line import Shell, Simulator, shell, simulator
from tests.factories.field_work import ticket

from tiebeam.app import App, opened
from tiebeam.capture import Capture
from tiebeam.link.repository import ProjectMap
from tiebeam.operations.tokens.model import GrantKind
from tiebeam.push.triggers.model import Triggers
from tiebeam.pushing import Pushing
from tiebeam.settings import Settings
from tiebeam.store.embedded import EmbeddedServer
from tiebeam.wishes import refresh_job

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

ROUNDS: Final = 7
VISITS: Final = 25
PHOTO_BYTES: Final = 200_000
WARM_VISITS: Final = 5
VISIT_EVERY_SECONDS: Final = 0.35
"""As often as one may ask the API: a visit takes six calls, and 1,200 a minute are allowed."""
BUSY_CALLS_MIN: Final = 5
_WAIT_SECONDS_MAX: Final = 60.0
API: Final = "/api/v1/field"


@dataclass(slots=True)
class Site:
    """An installation, its vendor, and what of both is running."""

    app: App
    user: Shell
    vendor: Simulator
    web: Served
    project: UUID
    csrf: str = ""
    running: list[subprocess.Popen[str]] = field(default_factory=list)
    stopped: bool = False

    async def become(self, world: str) -> None:
        """Have run what runs in a world, and busy if it is to be."""
        self._answer(answers=world == "alive")
        if world == "dead":
            self.end()
            return
        if not self.running:
            self.running = [
                self.user.start(word, stdout=DEVNULL, stderr=DEVNULL) for word in ("worker", "scheduler")
            ]
        (connection,) = await self.app.connections()
        await self.app.queue.enqueue(self.app.tenant.id, [refresh_job(connection, full=True)])
        if world == "alive":
            await self._busy()

    def end(self) -> None:
        """End worker and scheduler, as a power cut does."""
        for process in self.running:
            process.kill()
            process.wait()
        self.running = []

    def _answer(self, *, answers: bool) -> None:
        if answers == self.stopped:
            self.vendor.process.send_signal(signal.SIGCONT if answers else signal.SIGSTOP)
            self.stopped = not answers

    async def _busy(self) -> None:
        """Wait until it is seen at the vendor that somebody is at work."""
        before, until = self.vendor.calls(), time.monotonic() + _WAIT_SECONDS_MAX
        while self.vendor.calls() < before + BUSY_CALLS_MIN:
            if time.monotonic() > until:
                raise SystemExit("Nobody has called Procore for a minute: the worker is not at work.")
            await asyncio.sleep(0.2)

    def close(self) -> None:
        """Leave nothing running, and nothing asleep."""
        self._answer(answers=True)
        self.end()


class Phone:
    """Who captures, and who approves it in the office."""

    def __init__(self, site: Site, session: aiohttp.ClientSession, rng: Random) -> None:
        self._site = site
        self._session = session
        self._photo = _photo(rng)

    async def visit(self) -> float:
        """Do all that a ticket takes; return how many seconds that took."""
        photo_id, document_id = uuid4(), uuid4()
        document = f"{API}/documents/{document_id}"
        sent = {
            "kind": "tm_ticket",
            "project_id": str(self._site.project),
            "captured_at": datetime.now(UTC).isoformat(),
            "base_version": 0,
            "body": ticket(photos=[str(photo_id)]),
        }
        photo = self._photo + photo_id.bytes
        began = time.perf_counter()
        await self._ask("PUT", f"{API}/photos/{photo_id}?name=wall.jpg", data=photo)
        await self._ask("PUT", document, json=sent)
        await self._ask("POST", f"{document}/submit", json={"version": 1})
        await self._ask("POST", f"{document}/approve", json={"version": 1})
        await self._ask("GET", f"{document}/paper")
        await self._ask("GET", f"{API}/documents")
        took = time.perf_counter() - began
        await asyncio.sleep(max(0.0, VISIT_EVERY_SECONDS - took))
        return took

    async def _ask(self, method: str, path: str, **how: Any) -> None:
        headers = {"X-CSRF-Token": self._site.csrf}
        if "data" in how:
            headers["Content-Type"] = "image/jpeg"
        url = self._site.web.address + path
        async with self._session.request(method, url, headers=headers, **how) as answer:
            body = await answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path} answered {answer.status}: {body[:200]!r}")


def _photo(rng: Random) -> bytes:
    made = BytesIO()
    Image.frombytes("RGB", (260, 260), rng.randbytes(260 * 260 * 3)).save(made, "JPEG", quality=95)
    return made.getvalue() + rng.randbytes(max(0, PHOTO_BYTES - made.tell()))


async def rounds(site: Site, count: int, visits: int) -> dict[str, list[float]]:
    """Return the 95th percentile of each world, round by round."""
    worlds, found = ["alive", "down", "dead"], dict[str, list[float]]()
    jar = aiohttp.CookieJar(unsafe=True)
    jar.update_cookies(site.web.cookies)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(f"{site.web.address}/account") as page:
            site.csrf = _csrf(await page.text())
        phone = Phone(site, session, Random(1))
        for number in range(count):
            for world in worlds[number % 3 :] + worlds[: number % 3]:
                await site.become(world)
                took = [await phone.visit() for _ in range(WARM_VISITS + visits)][WARM_VISITS:]
                found.setdefault(world, []).append(p95(took))
                tell(f"round {number + 1}, {world}: p95 {p95(took) * 1000:.0f} ms")
    return found


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    if found is None:
        raise SystemExit("The page of one's own shows no form.")
    return found[1]


async def measured(server: EmbeddedServer, folder: Path, count: int, visits: int) -> Mapping[str, float]:
    """Set everything up, and return every ratio."""
    url = await fresh_database(server, "field")
    with ExitStack() as held:
        limits = ("--size", "tiny", "--hourly", 3600, "--spike", 25)
        vendor = held.enter_context(simulator(folder / "vendor", *limits))
        variables = {**vendor.variables(), "rate_limit": "true", "rate_hourly_max": 3600}
        home = Home(url, folder / "home", {name.upper(): str(value) for name, value in variables.items()})
        await asyncio.to_thread(home.prepare)
        user = shell(folder / "home", **{**variables, "database_url": url})
        async with AsyncExitStack() as stack:
            app = await stack.enter_async_context(opened(_settings(url, folder / "home", variables)))
            theirs = next(row["list"]["id"] for row in vendor.truth("projects"))
            project = await _connected(app, str(theirs))
            web = await signed_in(held.enter_context(served(home)))
            site = Site(app, user, vendor, web, project)
            held.callback(site.close)
            found = await rounds(site, count, visits)
    return {
        "p95_dead_over_alive": _ratio(found["dead"], found["alive"]),
        "p95_alive_over_dead": _ratio(found["alive"], found["dead"]),
        "p95_down_over_alive": _ratio(found["down"], found["alive"]),
    }


def _ratio(above: list[float], below: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(above, below, strict=True))


def _settings(url: str, data: Path, variables: Mapping[str, object]) -> Settings:
    # From the same names as the commands have them, so that both are set up alike.
    return Settings.model_validate({**variables, "database_url": url, "data": data})


async def _connected(app: App, theirs: str) -> UUID:
    """Connect Procore, map one of its projects, and have whatever is approved sent; return our project."""
    connection, _, _ = await app.add_procore(None, grant=None, kind=GrantKind.CLIENT_CREDENTIALS)
    project = await Capture(app).projects().add("24-017", "Library")
    await ProjectMap(app.store, app.tenant.id).map(connection.id, theirs, project.id)
    await Pushing(app).triggers().choose("procore", Triggers(on_approval=True))
    return project.id


async def run(count: int, visits: int) -> Mapping[str, float]:
    """Return every ratio."""
    with database_folder() as folder:
        async with await EmbeddedServer.start(folder) as server:
            return await measured(server, folder.parent, count, visits)


def main() -> None:
    """Print every ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="one line of JSON alone")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each world is visited")
    parser.add_argument("--visits", type=int, default=VISITS, help="tickets in each world and round")
    asked = parser.parse_args()
    print_ratios("field", asyncio.run(run(asked.rounds, asked.visits)), as_json=asked.json)


if __name__ == "__main__":
    main()
