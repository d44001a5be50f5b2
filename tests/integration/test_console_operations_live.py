"""What open pages are told: names of topics, to who may see them, and for as long as somebody listens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
from tests.factories.console import ADDRESS, console
from tests.factories.webhooks import connected

from tiebeam.connectors.streams import Scope
from tiebeam.identity.model import Role
from tiebeam.operations.alerts.model import Finding, Severity
from tiebeam.operations.queue.model import Done, NewJob
from tiebeam.operations.queue.plan import verdict
from tiebeam.operations.queue.repository import Claims
from tiebeam.replicate.model import Access, Tally
from tiebeam.replicate.repository import Replica
from tiebeam.web.live import LIFE_SECONDS, LISTENERS_PER_PERSON_MAX, LOOK_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from tests.factories.console import Console

    from tiebeam.app import App
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P18", "P21")

STREAM = {"Accept": "text/event-stream"}


class Steps:
    """A clock whose sleeps are steps: each lets the next thing happen first."""

    def __init__(self, clock: ManualClock, *happenings: Callable[[], Any]) -> None:
        self._clock = clock
        self._happenings = list(happenings)
        self.slept = 0

    def now(self) -> Any:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        self.slept += 1
        self._clock.advance(seconds)
        if self._happenings:
            await self._happenings.pop(0)()


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


@pytest.fixture
async def app(house: Console) -> App:
    await connected(house.store, house.tenant.id)
    return await house.house.app(house.tenant.id)


async def nothing() -> None:
    """Nothing happens."""


async def replica_of(app: App) -> Replica:
    (connection,) = await app.connections()
    return Replica(app.store, app.tenant.id, connection.id, app.clock)


async def run_out(app: App, kind: str) -> int:
    """Do every job of a kind that can be done; return how many."""
    claims = Claims(app.store, app.clock)
    worker = await claims.join("w")
    _, jobs = await claims.turn(worker, [], 9, tenant_max=9, kinds=[kind])
    ended = [verdict(job, Done()) for job in jobs]
    await claims.turn(worker, ended, 0, tenant_max=9, kinds=[kind])
    return len(jobs)


def steps(house: Console, *happenings: Callable[[], Any]) -> Steps:
    clock = Steps(house.clock, *happenings)
    object.__setattr__(house.house, "clock", clock)
    return clock


async def told(client: httpx.AsyncClient) -> list[list[str]]:
    """Listen for a whole life of the stream, and return what it told."""
    answer = await client.get("/live", headers=STREAM)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("retry: ")
    return [
        orjson.loads(line.removeprefix("data: "))
        for line in answer.text.splitlines()
        if line.startswith("data: ")
    ]


async def test_each_change_is_told_once_by_its_topic(house: Console, app: App) -> None:
    replica = await replica_of(app)
    desk = app.alert_desk()

    async def run() -> None:
        begun, _ = await replica.begin_run("due", stale_before=app.clock.now())
        await replica.end_run(begun, Tally())

    async def queue() -> None:
        await app.queue.enqueue(app.tenant.id, [NewJob("procore.sync", "x", {})])

    async def alert() -> None:
        found = Finding("test", "thing", Severity.WARNING, "What?", "Mend it.")
        await desk.report(app.tenant.id, [found], rules=["test"])

    async def taken() -> None:
        await desk.acknowledge(app.tenant.id, None, by="somebody")

    async def feed() -> None:
        await replica.ensure_feeds([("procore.projects", Scope())])

    async def revoked() -> None:
        async with app.store.transaction(app.tenant.id) as tx:
            await tx.run("update tiebeam.connection set status = 'error', code = 'procore.grant_revoked'")

    steps(house, nothing, run, queue, alert, taken, feed, revoked)
    client, _ = await house.signed_in(Role.OPERATOR)
    assert await told(client) == [
        ["runs"],
        ["queue"],
        ["alerts"],
        ["alerts"],
        ["freshness"],
        ["connections"],
    ]


async def test_what_ends_before_the_first_look_is_told(house: Console, app: App) -> None:
    """A page that was made while a job ran asks again once it is heard; what ends right then is not lost."""
    await app.queue.enqueue(app.tenant.id, [NewJob("procore.sync", "x", {})])
    ended: list[int] = []

    async def ending(scope: Any, receive: Any, send: Any) -> None:
        async def told_on(message: Any) -> None:
            await send(message)
            if message.get("body") and not ended:
                ended.append(await run_out(app, "procore.sync"))

        await whole(scope, receive, told_on)

    steps(house)
    client, _ = await house.signed_in(Role.OPERATOR)
    whole = house.app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=ending), base_url=ADDRESS) as other:
        other.cookies = client.cookies
        assert await told(other) == [["queue", "ended"]]
    assert ended == [1]


async def test_a_job_that_comes_and_goes_between_two_looks_is_told(house: Console, app: App) -> None:
    async def come_and_gone() -> None:
        await app.queue.enqueue(app.tenant.id, [NewJob("procore.sync", "x", {})])
        assert await run_out(app, "procore.sync") == 1

    steps(house, nothing, come_and_gone)
    client, _ = await house.signed_in(Role.OPERATOR)
    assert await told(client) == [["queue", "ended"]]


async def test_a_quiet_stream_beats_and_ends_so_that_who_listens_is_asked_again(house: Console) -> None:
    clock = steps(house)
    client, _ = await house.signed_in(Role.OPERATOR)
    answer = await client.get("/live", headers=STREAM)
    assert clock.slept == LIFE_SECONDS / LOOK_SECONDS
    assert answer.text.count(": still here") >= LIFE_SECONDS / 20
    assert "data:" not in answer.text


async def test_nobody_hears_of_what_they_may_not_see(house: Console, app: App) -> None:
    """Neither another company, nor who has no such pages, nor who sees other projects."""
    replica = await replica_of(app)
    scope = Scope().within("project_id", "6")
    await replica.ensure_feeds([("procore.rfis", scope)])

    async def everything() -> None:
        await app.queue.enqueue(app.tenant.id, [NewJob("procore.sync", "x", {})])
        await replica.set_access(await replica.ensure_feeds([]), Access.OFF, "switched off", None)

    async def heard(
        role: Role, *, tenant: Tenant | None = None, projects: Iterable[str] | None = None
    ) -> Any:
        client, _ = await house.signed_in(role, tenant=tenant, projects=projects)
        return await told(client)

    steps(house, everything)
    assert await heard(Role.TENANT_ADMIN, tenant=await house.company("birch")) == []

    async def queue_and_project() -> None:
        await app.queue.enqueue(app.tenant.id, [NewJob("procore.sync", "y", {})])
        await replica.set_access(await replica.ensure_feeds([]), Access.OPEN, None, None)

    steps(house, queue_and_project)
    assert await heard(Role.OPERATOR, projects=["5"]) == [["queue"]]
    steps(house, everything)
    assert await heard(Role.ESTIMATOR) == [["freshness"]]

    async def refreshed() -> None:
        await run_out(app, "procore.sync")

    steps(house, refreshed)
    assert await heard(Role.ESTIMATOR) == [["ended"]], "what they asked for has come"
    client, _ = await house.signed_in(Role.FIELD)
    assert (await client.get("/live", headers=STREAM)).status_code == 403
    assert (await house.stranger().get("/live", headers=STREAM)).status_code == 303


async def test_it_is_not_a_page(house: Console) -> None:
    client, _ = await house.signed_in(Role.OPERATOR)
    assert (await client.get("/live")).status_code == 400


async def test_one_person_holds_few_streams_and_each_that_ends_makes_room(house: Console) -> None:
    client, _ = await house.signed_in(Role.OPERATOR)
    other, _ = await house.signed_in(Role.OPERATOR)
    open_ones, all_open, go_on = 0, asyncio.Event(), asyncio.Event()

    class Held(Steps):
        async def sleep(self, seconds: float) -> None:
            nonlocal open_ones
            open_ones += 1
            if open_ones >= LISTENERS_PER_PERSON_MAX:
                all_open.set()
            await go_on.wait()
            await super().sleep(seconds)

    object.__setattr__(house.house, "clock", Held(house.clock))
    async with asyncio.TaskGroup() as group:
        for _ in range(LISTENERS_PER_PERSON_MAX):
            group.create_task(client.get("/live", headers=STREAM))
        await all_open.wait()
        refused = await client.get("/live", headers=STREAM)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        somebody_else = group.create_task(other.get("/live", headers=STREAM))
        go_on.set()
    assert somebody_else.result().status_code == 200
    assert (await client.get("/live", headers=STREAM)).status_code == 200


async def test_a_process_that_ends_lets_its_listeners_go(house: Console) -> None:
    clock = steps(house)
    object.__setattr__(house.house, "stopping", lambda: clock.slept >= 2)
    client, _ = await house.signed_in(Role.OPERATOR)
    assert (await client.get("/live", headers=STREAM)).status_code == 200
    assert clock.slept == 2
