"""monday.com connected by a token: tried, kept sealed, refused later, replaced, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.monday_desk import MondayDesk
from tests.factories.monday_stage import PERSONAL, TOKEN, monday_staged

from tiebeam.identity.model import Role
from tiebeam.kernel.clock import ManualClock
from tiebeam.monday import Monday
from tiebeam.operations.tokens.model import NotConnectedError, Status
from tiebeam.simulators.monday.options import MondayOptions
from tiebeam.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.monday_stage import MondayStage

    from tiebeam.identity.model import Tenant
    from tiebeam.store.pool import Store


@pytest.fixture
async def stage(store: Store, tenant: Tenant, tmp_path: Path) -> AsyncIterator[MondayStage]:
    async with monday_staged(store, tenant, tmp_path) as found:
        yield found


async def test_a_token_connects_the_account_that_it_is_of(stage: MondayStage) -> None:
    await stage.connect("standard")
    page = await stage.page()
    assert "Make-believe Builders" in page
    assert "Integration 9000001" in page
    assert TOKEN not in page
    connection = await Monday(await stage.app()).present()
    assert (connection.status, connection.company_id) == (Status.CONNECTED, "8000001")
    assert TOKEN not in repr(connection)
    spent = await Monday(await stage.app()).spent(connection)
    assert (spent.allowed, spent.left) == (1000, 1000)
    await stage.post("/plan", plan="pro")
    answer = await stage.post("/test")
    assert answer.status_code == 303
    assert (await Monday(await stage.app()).spent(connection)).today == 1
    assert "1 of 10,000" in await stage.page()


async def test_a_token_that_nobody_knows_leaves_nothing_behind(stage: MondayStage) -> None:
    answer = await stage.post("/connect", token="made-up", plan="pro")
    assert answer.status_code == 409
    assert "monday.com refused this token." in answer.text
    assert "made-up" not in answer.text
    assert await Monday(await stage.app()).connection() is None
    assert (await stage.post("/connect", token=TOKEN, plan="golden")).status_code == 400
    assert (await stage.post("/connect", token="", plan="pro")).status_code == 400
    assert await Monday(await stage.app()).connection() is None


async def test_the_procore_pages_know_nothing_of_it(stage: MondayStage) -> None:
    await stage.connect()
    app = await stage.app()
    assert await app.connections() == []
    procore = await stage.client.get("/settings/integrations/procore")
    assert "Nothing is connected yet" in procore.text
    settings = await stage.client.get("/settings")
    assert settings.text.count('<span class="badge connected">') == 1
    for path in ("/", "/queue", "/runs", "/webhooks", "/settings/integrations/procore/choose"):
        assert (await stage.client.get(path)).status_code in {200, 303, 400}, path


async def test_a_token_taken_back_is_told_of_and_another_one_goes_on(stage: MondayStage) -> None:
    await stage.connect()
    app = await stage.app()
    before = await Monday(app).present()
    stage.desk.simulator.revoked.add(TOKEN)
    answer = await stage.post("/test")
    assert answer.status_code != 303
    assert "refused the token" in answer.text
    broken = await Monday(app).present()
    assert (broken.status, broken.code) == (Status.ERROR, "monday.token_refused")
    calls = stage.calls()
    with pytest.raises(NotConnectedError):
        await Monday(app).test()
    assert stage.calls() == calls, "a refused connection is not tried over and over"
    await Upkeep(app).look(await Monday(app).gates())
    alerts = await app.alert_desk().open_alerts(app.tenant.id)
    assert [(one.rule, one.subject) for one in alerts] == [("connection_down", f"connection:{before.id}")]
    page = await stage.page()
    assert "refused the token" in page
    assert "Give another token" in page
    await stage.connect(token=PERSONAL)
    again = await Monday(app).present()
    assert (again.id, again.status) == (before.id, Status.CONNECTED)
    await Upkeep(app).look(await Monday(app).gates())
    assert await app.alert_desk().open_alerts(app.tenant.id) == []


async def test_a_day_whose_calls_are_used_up_is_told_of_and_waited_out(
    store: Store, tenant: Tenant, tmp_path: Path
) -> None:
    clock = store.clock
    assert isinstance(clock, ManualClock)
    desk = MondayDesk(options=MondayOptions(daily_calls=1), clock=clock)
    async with monday_staged(store, tenant, tmp_path, desk) as stage:
        await stage.connect("pro")
        app = await stage.app()
        answer = await stage.post("/test")
        assert answer.status_code == 502
        assert "The calls that monday.com allows in a day are used up." in answer.text
        assert "lets no call pass until" in await stage.page()
        await Upkeep(app).look(await Monday(app).gates())
        (alert,) = await app.alert_desk().open_alerts(app.tenant.id)
        assert alert.rule == "limit_exhausted"
        clock.advance(24 * 3600)
        assert (await Monday(app).spent(await Monday(app).present())).shut_until is None
        assert (await Monday(app).test()).id == "8000001"
        await Upkeep(app).look(await Monday(app).gates())
        assert await app.alert_desk().open_alerts(app.tenant.id) == []


async def test_ended_it_holds_no_token_and_can_be_connected_again(stage: MondayStage) -> None:
    await stage.connect()
    before = await Monday(await stage.app()).present()
    answer = await stage.post("/disconnect")
    assert answer.status_code == 303
    app = await stage.app()
    _, kept = await app.credentials().read(app.tenant.id, before.id)
    assert kept.access_token is None
    assert "Connect again" in await stage.page()
    with pytest.raises(NotConnectedError):
        await Monday(app).present()
    await stage.connect()
    assert (await Monday(app).present()).id == before.id


async def test_who_may_not_manage_sees_it_and_touches_nothing(stage: MondayStage) -> None:
    client, who = await stage.console.signed_in(Role.OFFICE)
    answer = await client.post(
        "/settings/integrations/monday/connect",
        data={"csrf": who.session.csrf, "token": TOKEN, "plan": "pro"},
    )
    assert answer.status_code == 403
    assert await Monday(await stage.app()).connection() is None
