"""Settings > Integrations > Procore, in process: consent, choice, map, pause, end; and who may."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.factories.console_stage import HERE, Stage, staged
from tests.factories.procore_desk import COMPANY

from tiebeam.identity.model import Role
from tiebeam.integration import Integration
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.choices.model import EVERYTHING
from tiebeam.replicate.model import Access
from tiebeam.replicate.sync import Wish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tiebeam.identity.model import Tenant
    from tiebeam.store.pool import Store


@pytest.fixture
async def stage(store: Store, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(store, tenant, tmp_path) as made:
        yield made


@pytest.mark.req("P1", "P3", "P23")
async def test_consent_says_beforehand_what_is_read_and_connects_the_one_company(stage: Stage) -> None:
    page = await stage.page("/connect")
    for words in ("What is read", "What is written", "Nothing.", "RFIs", "developer policy"):
        assert words in page
    await stage.connect()
    shown = await stage.page()
    assert "Connected" in shown
    assert str(COMPANY) in shown
    app = await stage.app()
    (connection,) = await app.connections()
    _, kept = await app.credentials().read(app.tenant.id, connection.id)
    for secret in filter(None, (kept.access_token, kept.refresh_token, kept.client_secret)):
        assert secret not in shown
    assert "connection.connected" in await stage.acts()


@pytest.mark.req("P1")
async def test_a_state_serves_once_and_in_its_own_session_alone(stage: Stage) -> None:
    address = await stage.consent()
    other, _ = await stage.console.signed_in(Role.TENANT_ADMIN)
    assert (await other.get(address)).status_code == 409
    assert (await stage.client.get(address)).status_code == 303
    assert (await stage.client.get(address)).status_code == 409
    assert (await stage.client.get(f"{HERE}/callback?code=x&state=guessed")).status_code == 409
    stale = await stage.consent()
    stage.console.clock.advance(16 * 60)
    assert (await stage.client.get(stale)).status_code == 409


@pytest.mark.req("P1")
async def test_a_refusal_on_procores_page_is_explained_and_connects_nothing(stage: Stage) -> None:
    back = await stage.client.get(await stage.consent(allow=False))
    assert "Access was not granted" in back.text
    assert await (await stage.app()).connections() == []


@pytest.mark.req("P1", "P17")
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.OFFICE, Role.FIELD, Role.SAAS_ADMIN])
async def test_nobody_but_the_tenant_admin_connects_chooses_or_ends(stage: Stage, role: Role) -> None:
    await stage.connect()
    client, who = await stage.console.signed_in(role)
    for path in ("connect", "choose", "pause", "disconnect", "projects/add"):
        answer = await client.post(f"{HERE}/{path}", data={"csrf": who.session.csrf, "way": "service"})
        assert answer.status_code == 403, path
    for path in ("/connect", "/choose", "/disconnect", "/callback"):
        assert (await client.get(HERE + path)).status_code == 403
    reads = role in (Role.OPERATOR, Role.OFFICE)
    assert (await client.get(HERE)).status_code == (200 if reads else 403)


@pytest.mark.req("P1", "P4")
async def test_only_what_was_chosen_is_read_and_what_is_chosen_no_more_stays(stage: Stage) -> None:
    await stage.connect()
    app = await stage.app()
    (connection,) = await app.connections()
    await app.sync_one(connection, Wish())
    records = app.records(connection.id)
    read = {feed.stream for feed in await app.replica(connection).ensure_feeds(()) if feed.read_at}
    assert "procore.projects" in read
    assert "procore.rfis" not in read
    await stage.post("/choose", projects="some", project="5", kinds="some", kind="procore.rfis")
    await app.sync_one(connection, Wish())
    feeds = await app.replica(connection).ensure_feeds(())
    scopes = {feed.scope_text for feed in feeds if feed.stream == "procore.rfis" and feed.read_at}
    assert scopes == {"project_id=5"}
    assert not any(feed.read_at for feed in feeds if feed.stream == "procore.submittals")
    assert len(await records.names("procore.rfis")) == 1
    await stage.post("/choose", projects="some", project="6", kinds="some", kind="procore.submittals")
    places = {(one.stream, one.scope_text): one for one in await app.replica(connection).ensure_feeds(())}
    hidden = places["procore.rfis", "project_id=5"]
    assert (hidden.access, hidden.access_reason) == (Access.HIDDEN, "It was not chosen to be copied.")
    stage.desk.put("rfis", subject="Nobody asks for this")
    stage.desk.clock.advance(60)
    await app.sync_one(connection, Wish(full=True))
    assert len(await records.names("procore.rfis")) == 1
    stage.console.clock.advance(60)
    await stage.post("/choose", projects="all", kinds="all")
    await app.sync_one(connection, Wish(full=True))
    assert len(await records.names("procore.rfis")) == 2
    assert await app.choices.of(connection.id) == EVERYTHING


@pytest.mark.req("P3", "P4")
async def test_projects_are_mapped_one_by_one_with_suggestions(stage: Stage) -> None:
    await stage.connect()
    await stage.post("/projects/add", number="26006", name="Something else")
    await stage.post("/projects/add", number="T-1", name="The tower")
    page = await stage.page("/projects")
    assert "the same number, 26006" in page
    assert (await stage.post("/projects/map", vendor_project="5", number="T-1")).status_code == 303
    assert (await stage.post("/projects/map", vendor_project="6", number="T-1")).status_code == 400
    assert (await stage.post("/projects/map", vendor_project="77", number="26006")).status_code == 400
    app = await stage.app()
    (connection,) = await app.connections()
    projects = Integration(app).projects()
    assert set(await projects.mapped(connection.id)) == {"5"}
    await stage.post("/projects/unmap", vendor_project="5")
    assert await projects.mapped(connection.id) == {}
    assert {"project.mapped", "project.unmapped"} <= set(await stage.acts())


@pytest.mark.req("P2", "P23")
async def test_a_revoked_grant_is_explained_and_reconnecting_goes_on_with_the_same_connection(
    stage: Stage,
) -> None:
    await stage.connect()
    await stage.post("/choose", projects="all", kinds="some", kind="procore.rfis")
    app = await stage.app()
    (before,) = await app.connections()
    await app.sync_one(before, Wish())
    stage.desk.simulator.oauth.revoke_all()
    stage.console.clock.advance(2 * 3600)
    with pytest.raises(Exception, match="Procore"):
        await app.sync_one(before, Wish())
    page = await stage.page()
    assert "Error" in page
    assert "Reconnect" in page
    back = await stage.client.get(await stage.consent())
    assert back.headers["location"] == HERE
    (after,) = await app.connections()
    assert (after.id, after.status) == (before.id, Status.CONNECTED)
    assert len(await app.records(after.id).names("procore.rfis")) == 1
    assert (await app.choices.of(after.id)).streams == frozenset({"procore.rfis"})


async def test_pausing_reads_nothing_until_it_is_resumed(stage: Stage) -> None:
    await stage.connect()
    await stage.post("/pause")
    app = await stage.app()
    (paused,) = await app.connections()
    assert paused.status is Status.PAUSED
    assert "has paused it" in await stage.page()
    assert (await stage.post("/pause")).status_code == 400
    await stage.post("/resume")
    assert (await app.connections())[0].status is Status.CONNECTED


@pytest.mark.req("P1", "P23")
async def test_disconnecting_destroys_the_tokens_and_deletes_the_copy_when_that_is_due(stage: Stage) -> None:
    await stage.connect()
    await stage.post("/choose", projects="all", kinds="some", kind="procore.rfis")
    app = await stage.app()
    (connection,) = await app.connections()
    await app.sync_one(connection, Wish())
    _, kept = await app.credentials().read(app.tenant.id, connection.id)
    await stage.post("/disconnect", copy="delete", days="30")
    (ended,) = await app.connections()
    _, left = await app.credentials().read(app.tenant.id, connection.id)
    assert (ended.status, left.access_token, left.refresh_token) == (Status.DISCONNECTED, None, None)
    with pytest.raises(Exception, match="Procore"):
        await app.procore_login().token_info(kept.access_token or "")
    assert await app.choices.erase(connection.id) is None
    assert len(await app.records(connection.id).names("procore.rfis")) == 1
    stage.console.clock.advance(timedelta(days=30).total_seconds())
    assert (await app.choices.erase(connection.id) or 0) >= 3
    assert await app.records(connection.id).names("procore.rfis") == []


async def test_a_service_account_connects_without_a_consent_page(stage: Stage) -> None:
    answer = await stage.post("/connect", way="service")
    assert answer.headers["location"] == f"{HERE}/choose"
    assert "service account" in await stage.page()


@pytest.mark.req("P3")
async def test_of_several_companies_one_is_chosen(stage: Stage) -> None:
    stage.desk.state.insert("companies", {"id": 2000, "name": "Other Builders", "is_active": True})
    answer = await stage.client.get(await stage.consent())
    assert answer.headers["location"] == f"{HERE}/company"
    app = await stage.app()
    assert await app.connections() == []
    assert "Other Builders" in await stage.page("/company")
    assert (await stage.post("/company", company="3000")).status_code == 400
    assert (await stage.post("/company", company=str(COMPANY))).headers["location"] == f"{HERE}/choose"
    (connection,) = await app.connections()
    assert connection.company_id == str(COMPANY)
