"""What is set or ended in the console is so: intervals, schedules, retention, alerts, the hook, the copy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.factories.console import console
from tests.factories.console_stage import HERE, staged

from tiebeam.app import NotInPlanError, alert_channels
from tiebeam.duties import Duties
from tiebeam.identity.model import Role
from tiebeam.operations.queue.model import Job
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.sync import Wish
from tiebeam.simulators.base.faults import FaultRule, Faults
from tiebeam.upkeep import Upkeep
from tiebeam.web.guard import SESSION_COOKIE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console_stage import Stage

    from tiebeam.app import App
    from tiebeam.identity.model import Tenant
    from tiebeam.operations.tokens.model import Connection
    from tiebeam.store.pool import Store

PUBLIC = "https://tiebeam.example.com"
CHANNEL = "json://user:hush-hush@alerts.invalid/tell"


@pytest.fixture
async def stage(store: Store, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Stage]:
    given = {"webhook_url": PUBLIC, "keep_deliveries_days": 7, "alert_urls": CHANNEL}
    async with staged(store, tenant, tmp_path, **given) as made:
        yield made


async def copied(stage: Stage) -> tuple[App, Connection]:
    """Connect, and copy the RFIs of every project."""
    await stage.connect()
    await stage.post("/choose", projects="all", kinds="some", kind="procore.rfis")
    app = await stage.app()
    (connection,) = await app.connections()
    await app.sync_one(connection, Wish())
    return app, connection


async def settings(stage: Stage, path: str = "", **fields: object) -> httpx.Response:
    named = {"csrf": stage.who.session.csrf, **fields}
    return await stage.client.post(f"/settings{path}", data=named)


async def late(app: App) -> list[str]:
    """Return which alerts stand about what was not read in time."""
    await Upkeep(app).look()
    return [one.summary for one in await app.alert_desk().open_alerts(app.tenant.id) if "RFIs" in one.summary]


@pytest.mark.req("Q5", "R16")
async def test_an_interval_decides_what_is_late_and_what_is_due(stage: Stage) -> None:
    app, connection = await copied(stage)
    upkeep = Upkeep(app)
    stage.console.clock.advance(timedelta(minutes=30).total_seconds())
    assert await late(app)
    kept = await settings(stage, "/interval", stream="procore.rfis", minutes="600")
    assert kept.headers["location"] == "/settings"
    assert await late(app) == []
    await settings(stage, "/interval", stream="procore.rfis", minutes="")
    assert await app.choices.intervals() == {}
    assert await late(app)
    before = (await upkeep.plan(connection)).hour
    await settings(stage, "/interval", stream="procore.rfis", minutes="1")
    assert len((await upkeep.plan(connection)).hour) > len(before)
    for minutes in ("0", "1.5", "99999", "x"):
        answer = await settings(stage, "/interval", stream="procore.rfis", minutes=minutes)
        assert answer.status_code == 400, minutes
    assert "interval.set" in await stage.acts()


@pytest.mark.req("Q5")
async def test_a_schedule_that_is_switched_off_is_off_and_says_so(stage: Stage) -> None:
    await stage.connect()
    app = await stage.app()

    async def stands(name: str) -> tuple[int | None, bool]:
        (one,) = await app.schedules.of_tenant(app.tenant.id, [name])
        return one.every_seconds, one.enabled

    await settings(stage, "/schedule", name="procore.sync", minutes="7")
    assert await stands("procore.sync") == (420, False)
    await settings(stage, "/schedule", name="procore.sync", minutes="", enabled="yes")
    assert await stands("procore.sync") == (None, True)
    assert (await settings(stage, "/schedule", name="rm -rf", enabled="yes")).status_code == 400


@pytest.mark.req("P18")
async def test_retention_and_notifications_in_force_are_told_without_their_secrets(stage: Stage) -> None:
    page = (await stage.client.get("/settings")).text
    row = page.split("TIEBEAM_KEEP_DELIVERIES_DAYS")[1].split("</tr>")[0]
    assert '<td data-head="In force">7</td>' in row
    assert "set (secret)" in page.split("TIEBEAM_ALERT_URLS")[1].split("</tr>")[0]
    assert "hush-hush" not in page
    app = await stage.app()
    assert len(alert_channels(app.settings)) == 2
    operator, _ = await stage.console.signed_in(Role.OFFICE)
    assert "TIEBEAM_" not in (await operator.get("/settings")).text


@pytest.mark.req("P1", "P23")
async def test_disconnecting_takes_our_hook_away_at_procore(stage: Stage) -> None:
    app, connection = await copied(stage)
    await Upkeep(app).keep_hook(connection)
    hooks = stage.desk.simulator.webhooks.hooks
    assert len(hooks) == 1
    answer = await stage.post("/disconnect", copy="keep")
    assert answer.status_code == 303
    assert not stage.desk.simulator.webhooks.hooks
    page = await stage.page()
    assert "Disconnected; the tokens are destroyed." in page
    last = (await stage.console.house.trail.entries(app.tenant.id, limit=1))[0]
    assert (last.act, last.detail["hooks_removed"], last.detail["copy"]) == (
        "connection.disconnected",
        1,
        "kept",
    )


@pytest.mark.req("P1", "P23")
async def test_it_ends_though_procore_cannot_be_told_and_says_what_to_do_there(stage: Stage) -> None:
    app, connection = await copied(stage)
    await Upkeep(app).keep_hook(connection)
    stage.desk.simulator.faults = Faults(1, [FaultRule("status", status=403)])
    await stage.post("/disconnect", copy="keep")
    (ended,) = await app.connections()
    _, left = await app.credentials().read(app.tenant.id, connection.id)
    assert (ended.status, left.access_token, left.refresh_token) == (Status.DISCONNECTED, None, None)
    page = await stage.page()
    assert "The webhook could not be removed" in page
    assert f"tiebeam-{connection.id}" in page
    assert "remove the app there" in page


@pytest.mark.req("P1", "P23")
async def test_a_copy_is_kept_deleted_when_due_or_kept_after_all_as_chosen(stage: Stage) -> None:
    app, connection = await copied(stage)

    async def rfis() -> int:
        await Upkeep(app).tidy()
        return len(await app.records(connection.id).names("procore.rfis"))

    assert (await stage.post("/disconnect", copy="delete", days="999")).status_code == 400
    await stage.post("/disconnect", copy="delete", days="10")
    assert "The copy is deleted in 10 d" in await stage.page()
    stage.console.clock.advance(timedelta(days=9).total_seconds())
    assert await rfis() == 1
    await stage.renew()
    await stage.post("/keep-copy")
    assert "The copy is deleted" not in await stage.page()
    stage.console.clock.advance(timedelta(days=9).total_seconds())
    assert await rfis() == 1
    stage.desk.clock.advance(timedelta(days=18).total_seconds())
    await stage.renew()
    await stage.client.get(await stage.consent())
    await stage.post("/disconnect", copy="delete", days="0")
    assert await rfis() == 0


@pytest.mark.req("P2", "R16")
async def test_a_lost_grant_is_looked_at_at_once_and_so_is_its_repair(stage: Stage) -> None:
    app, connection = await copied(stage)
    stage.desk.simulator.oauth.revoke_all()
    stage.console.clock.advance(timedelta(hours=2).total_seconds())
    duties = Duties(app.settings, app.clock, app.store, app.transport)
    await stage.client.post("/runs/sync", data={"csrf": stage.who.session.csrf, "what": "due"})
    await _do(app, duties, "procore.sync", connection=str(connection.id))
    await _do(app, duties, "alerts.look")
    (lost,) = [one for one in await app.alert_desk().open_alerts(app.tenant.id) if "revoked" in one.summary]
    assert lost.summary.startswith(f"Procore company {connection.company_id}: ")
    assert "authorization" not in lost.summary
    await stage.client.get(await stage.consent())
    await _do(app, duties, "alerts.look")
    standing = await app.alert_desk().open_alerts(app.tenant.id)
    assert not [one for one in standing if "revoked" in one.summary]


async def _do(app: App, duties: Duties, kind: str, **args: str) -> None:
    """Do the job of a kind that waits, as a worker does; there must be one."""
    waiting = await app.queue.jobs(app.tenant.id, ("pending",), limit=50)
    (one,) = [each for each in waiting if each.kind == kind]
    await duties.handlers()[kind](Job(one.job_id, app.tenant.id, kind, one.key, args, 1, one.enqueued_at))
    assert await app.queue.cancel(app.tenant.id, one.job_id)


@pytest.mark.req("P17", "P21")
async def test_who_sees_one_project_is_told_of_no_other_on_the_overview(stage: Stage) -> None:
    await copied(stage)
    one, _ = await stage.console.signed_in(Role.OPERATOR, projects=["5"])
    every, _ = await stage.console.signed_in(Role.OPERATOR)
    assert "Bridge" in (await every.get("/")).text
    page = (await one.get("/")).text
    assert "Tower" in page
    assert "Bridge" not in page
    assert "project 6" not in page


@pytest.mark.req("P26")
async def test_whose_plan_leaves_procore_out_connects_nothing_and_reads_nothing(
    store: Store, tenant: Tenant, tmp_path: Path
) -> None:
    async with staged(store, tenant, tmp_path, procore_tenants="birch, cedar") as stage:
        assert "Your plan does not include Procore" in await stage.page()
        assert "Connect Procore" not in await stage.page()
        for way in ("person", "service"):
            refused = await stage.post("/connect", way=way)
            assert refused.status_code == 409
            assert "Your plan does not include Procore" in refused.text
        assert await (await stage.app()).connections() == []


@pytest.mark.req("P26")
async def test_a_plan_that_ends_stops_the_reading_and_leaves_the_copy_to_be_ended(
    stage: Stage, store: Store, tenant: Tenant, tmp_path: Path
) -> None:
    before, connection = await copied(stage)
    await Upkeep(before).keep_hook(connection)
    given = before.settings.model_dump(exclude={"tenant", "data", "master_key"}, exclude_unset=True)
    given |= {"procore_tenants": "birch"}
    clock = stage.console.clock
    async with console(store, clock, tenant, tmp_path, transport=before.transport, **given) as other:
        client, who = other.stranger(), stage.who
        client.cookies.set(SESSION_COOKIE, who.token)
        app = await other.house.app(tenant.id)
        assert "Your plan does not include Procore" in (await client.get(HERE)).text
        duties = Duties(app.settings, app.clock, app.store, app.transport)
        for schedule in duties.schedules():
            assert schedule.name == "alerts.look" or not [
                job for job in await schedule.jobs(tenant.id) if "connection" in job.args
            ]
        with pytest.raises(NotInPlanError):
            await app.sync_one(connection, Wish())
        assert len(await app.records(connection.id).names("procore.rfis")) == 1
        await client.post(f"{HERE}/disconnect", data={"csrf": who.session.csrf, "copy": "keep"})
        assert not stage.desk.simulator.webhooks.hooks
    assert (await before.connections())[0].status is Status.DISCONNECTED
