"""A company's own settings: how long things are kept and who is told, on the pages, the API and the CLI."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.console import console
from tests.factories.copies import database_on
from typer.testing import CliRunner

from tiebeam.app import opened, set_up
from tiebeam.cli import channels, log
from tiebeam.cli.exits import Exit
from tiebeam.identity.model import Role
from tiebeam.identity.permissions import Permission
from tiebeam.operations.audit.repository import Trail
from tiebeam.operations.retention.plan import NEVER_DELETED
from tiebeam.settings import read_settings
from tiebeam.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path
    from uuid import UUID

    import httpx
    import typer
    from tests.factories.console import Console
    from tests.factories.database import TestServer

    from tiebeam.app import App
    from tiebeam.identity.model import SignedIn, Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.operations.audit.model import Entry
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P18", "R16", "R17")

NOWHERE = "json://ann:hush-hush@127.0.0.1:1/pa7h"
_ALERTS = """
insert into tiebeam.alert (tenant_id, rule, subject, severity, status, summary, action, opened_at, seen_at,
    resolved_at)
select %(tenant)s, 'r', 's' || n, 2, 'resolved', 's', 'a', %(at)s, %(at)s, %(at)s
from generate_series(1, %(n)s) n
"""
_LOG = """
insert into tiebeam.sync_log (tenant_id, at, feed_id, result)
select %(tenant)s, %(at)s, 1, 'pull' from generate_series(1, %(n)s)
"""


class Desk:
    """An administrator at the page of settings."""

    def __init__(self, house: Console, client: httpx.AsyncClient, who: SignedIn) -> None:
        self.house, self.client, self.who = house, client, who

    async def post(self, path: str, **fields: object) -> httpx.Response:
        return await self.client.post(f"/settings/{path}", data={"csrf": self.who.session.csrf, **fields})

    async def page(self) -> str:
        answer = await self.client.get("/settings")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def app(self) -> App:
        return await self.house.house.app(self.house.tenant.id)

    async def last(self) -> Entry:
        return (await self.house.house.trail.entries(self.house.tenant.id, limit=1))[0]

    async def aged(self, statement: str, days: int, n: int, tenant: UUID | None = None) -> None:
        app, owner = await self.app(), tenant or self.house.tenant.id
        async with app.store.transaction(owner) as tx:
            at = app.clock.now() - timedelta(days=days)
            await tx.run(statement, {"tenant": owner, "at": at, "n": n})

    async def channel(self) -> str:
        (one,) = await (await self.app()).own_channels.all(self.house.tenant.id)
        return str(one.id)


@pytest.fixture
async def desk(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Desk]:
    made = console(store, clock, tenant, tmp_path, alert_private_addresses=True, keep_deliveries_days=3)
    async with made as house:
        yield Desk(house, *await house.signed_in(Role.TENANT_ADMIN))


async def rows(app: App, table: str) -> int:
    async with app.store.transaction(app.tenant.id) as tx:
        return int(await tx.value(f"select count(*) from tiebeam.{table}"))


async def test_shortening_says_what_goes_and_counts_at_the_next_tidying_without_a_restart(desk: Desk) -> None:
    app = await desk.app()
    upkeep = Upkeep(app)  # Made before the change, as that of a running worker is.
    await desk.aged(_ALERTS, 100, 7)
    await desk.aged(_ALERTS, 20, 2)
    await upkeep.tidy()
    assert await rows(app, "alert") == 9
    asked = await desk.post("retention", kind="alert", days="60")
    assert asked.status_code == 200
    assert "deletes <strong>7</strong> rows" in asked.text
    assert "365 days now, 60 days from the next tidying on" in asked.text
    assert await app.retention.one(app.tenant.id, "alert") == (await app.retention.all(app.tenant.id))[1]
    assert not (await app.retention.one(app.tenant.id, "alert")).is_own
    done = await desk.post("retention", kind="alert", days="60", confirm="yes")
    assert (done.status_code, done.headers["location"]) == (303, "/settings#retention")
    await upkeep.tidy()
    assert await rows(app, "alert") == 2
    last = await desk.last()
    assert (last.act, last.subject) == ("retention.set", "retention:alert")
    assert (last.detail["days_before"], last.detail["days_after"]) == (365, 60)
    page = await desk.page()
    assert "60 days <span" in page
    assert all(one in page for one in NEVER_DELETED)
    # Longer takes no asking, and neither does going back.
    assert (await desk.post("retention", kind="alert", days="")).status_code == 303
    last = await desk.last()
    assert (last.detail["days_before"], last.detail["days_after"]) == (60, 365)


async def test_the_log_goes_into_the_archive_by_the_companys_own_days(desk: Desk) -> None:
    app = await desk.app()
    await desk.aged(_LOG, 50, 4)
    asked = await desk.post("retention", kind="sync_log", days="40")
    assert "moves <strong>4</strong> rows into the archive" in asked.text
    await desk.post("retention", kind="sync_log", days="40", confirm="yes")
    await Upkeep(app).tidy()
    assert await rows(app, "sync_log") == 0
    (file,) = await app.log_archive().files(app.tenant.id)
    assert file.rows == 4


async def test_bounds_keep_a_typo_from_deleting_evidence(desk: Desk) -> None:
    for kind, days in (
        ("alert", "29"),
        ("alert", "0"),
        ("sync_log", "3651"),
        ("pull", "6"),
        ("alert", "-30"),
        ("alert", "1e3"),
        ("alert", "٣٠"),
        ("record_version", "30"),
        ("audit", "30"),
        ("job_history", "30"),
    ):
        refused = await desk.post("retention", kind=kind, days=days, confirm="yes")
        assert refused.status_code == 400, (kind, days)
    # What the installation sets may be chosen, also where it is below what could be otherwise.
    assert (await desk.post("retention", kind="webhook_delivery", days="3")).status_code == 303
    assert (await desk.post("retention", kind="webhook_delivery", days="2")).status_code == 400
    assert (
        await desk.post("retention", kind="automation_firing", days="7", confirm="yes")
    ).status_code == 303


@pytest.mark.req("P21")
async def test_what_one_company_chose_is_nobody_elses(desk: Desk) -> None:
    other = await desk.house.company("birch")
    app = await desk.house.house.app(other.id)
    await desk.aged(_ALERTS, 100, 3, other.id)
    await desk.post("retention", kind="alert", days="30", confirm="yes")
    await desk.post("channels", url=NOWHERE, name="Site", threshold="warning", quiet_minutes="5")
    await Upkeep(app).tidy()
    assert await rows(app, "alert") == 3
    assert not [one for one in await app.retention.all(other.id) if one.is_own]
    client, _ = await desk.house.signed_in(Role.TENANT_ADMIN, tenant=other)
    page = (await client.get("/settings")).text
    assert "has no channel of its own" in page
    assert "hush" not in page


async def test_a_channel_is_added_tried_changed_and_removed_and_its_url_is_never_shown(desk: Desk) -> None:
    fields = {"threshold": "critical", "quiet_minutes": "15"}
    added = await desk.post("channels", url=NOWHERE, name="<b>Site</b> office", **fields)
    assert added.headers["location"] == "/settings#notifications"
    page = await desk.page()
    assert "&lt;b&gt;Site&lt;/b&gt; office" in page
    assert "Web hook" in page
    assert desk.who.person.email in page or desk.who.person.name in page
    one = await desk.channel()
    assert (await desk.post("channels/test", channel=one)).status_code == 303
    page = await desk.page()
    assert "the test did not arrive. It cannot be reached." in page
    changed = await desk.post("channels/change", channel=one, name="Site", **fields)
    assert changed.status_code == 303
    page = await desk.page()
    assert '<span class="badge paused">off</span>' in page
    await desk.post("channels/change", channel=one, name="Site", enabled="yes", url=f"{NOWHERE}2", **fields)
    assert (await desk.last()).detail["url"] == "replaced"
    asked = await desk.post("channels/remove", channel=one)
    assert "Remove Site?" in asked.text
    assert await desk.channel() == one
    await desk.post("channels/remove", channel=one, confirm="yes")
    page += asked.text + await desk.page()
    assert "has no channel of its own" in page
    assert "hush-hush" not in page
    assert "pa7h" not in page
    trail = str(await desk.house.house.trail.entries(desk.house.tenant.id, limit=50))
    assert "hush-hush" not in trail
    assert "pa7h" not in trail


async def test_what_cannot_be_a_channel_is_refused_in_words(desk: Desk) -> None:
    fields = {"name": "Site", "threshold": "warning", "quiet_minutes": "5"}
    for url in (
        "file:///etc/passwd",
        "exec://hush-hush",
        "slack://T/x?template=/etc/passwd",
        "hush-hush",
        "",
    ):
        refused = await desk.post("channels", url=url, **fields)
        assert refused.status_code == 400, url
        assert "hush-hush" not in refused.text
        assert "Allowed are" in refused.text or "Give a URL of one of these" in refused.text
    for odd in ({"name": ""}, {"threshold": "loud"}, {"quiet_minutes": "x"}, {"quiet_minutes": "9999"}):
        assert (await desk.post("channels", url=NOWHERE, **{**fields, **odd})).status_code == 400, odd
    for path in ("channels/change", "channels/test", "channels/remove"):
        gone = "00000000-0000-0000-0000-000000000000"
        assert (await desk.post(path, channel=gone, **fields)).status_code == 404, path


async def test_an_operator_sees_and_changes_nothing(desk: Desk) -> None:
    await desk.post("channels", url=NOWHERE, name="Site", threshold="warning", quiet_minutes="5")
    client, who = await desk.house.signed_in(Role.OPERATOR)
    page = (await client.get("/settings")).text
    assert "Site" in page
    assert 'action="/settings/channels' not in page
    assert 'action="/settings/retention' not in page
    csrf = {"csrf": who.session.csrf}
    for path in ("retention", "channels", "channels/change", "channels/test", "channels/remove"):
        assert (await client.post(f"/settings/{path}", data=csrf)).status_code == 403, path


async def keyed(desk: Desk, *scopes: Permission) -> httpx.AsyncClient:
    by = desk.who.person
    _, secret = await desk.house.house.keys.make(desk.house.tenant.id, name="k", scopes=scopes, by=by)
    client = desk.house.stranger()
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


@pytest.mark.req("P17")
async def test_the_api_does_what_the_pages_do(desk: Desk) -> None:
    await desk.aged(_ALERTS, 100, 5)
    client = await keyed(desk, Permission.SETTINGS_READ, Permission.SETTINGS_MANAGE)
    alerts = "/api/v1/retention/alert"
    found = await client.get(alerts)
    assert (found.json()["days"], found.json()["days_min"], found.json()["is_own"]) == (365, 30, False)
    assert (await client.get(f"{alerts}/going?days=50")).json()["rows"] == 5
    assert (await client.get(f"{alerts}/going?days=5")).status_code == 400
    match = {"If-Match": found.headers["etag"]}
    assert (await client.put(alerts, json={"days": 50}, headers=match)).json()["days"] == 50
    assert (await client.put(alerts, json={"days": 60}, headers=match)).status_code == 412
    assert (await client.put(alerts, json={"days": 2})).status_code == 400
    assert (await client.put(alerts, json={"days": None})).json()["days"] == 365
    assert (await client.put("/api/v1/retention/audit", json={"days": 99})).status_code == 404
    new = {"name": "Site", "threshold": "info", "quiet_minutes": 0, "enabled": True, "url": NOWHERE}
    again = {"Idempotency-Key": "once"}
    made = await client.post("/api/v1/channels", json=new, headers=again)
    assert made.status_code == 201, made.text
    assert (await client.post("/api/v1/channels", json=new, headers=again)).json() == made.json()
    here = made.headers["location"]
    tried = await client.post(f"{here}/test")
    assert tried.json()["tried_error"] == "It cannot be reached."
    change = {"name": "Site", "threshold": "critical", "quiet_minutes": 5, "enabled": False}
    match = {"If-Match": (await client.get(here)).headers["etag"]}
    assert (await client.put(here, json=change, headers=match)).json()["enabled"] is False
    assert (await client.put(here, json=change, headers=match)).status_code == 412
    listed = await client.get("/api/v1/channels")
    refused = await client.post("/api/v1/channels", json={**new, "name": "x", "url": "exec://hush-hush"})
    assert (refused.status_code, refused.json()["code"]) == (400, "input.channel")
    assert (await client.delete(here)).json()["name"] == "Site"
    assert (await client.get(here)).status_code == 404
    told = "".join(one.text for one in (made, tried, listed, refused))
    assert "hush" not in told
    assert "pa7h" not in told
    reads = await keyed(desk, Permission.SETTINGS_READ)
    assert (await reads.get("/api/v1/channels")).status_code == 200
    assert (await reads.post("/api/v1/channels", json=new)).status_code == 403


@pytest.fixture
def installed(database_server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with database_on(database_server) as url:
        monkeypatch.setenv("TIEBEAM_DATABASE_URL", url)
        monkeypatch.setenv("TIEBEAM_DATA", str(tmp_path))
        monkeypatch.setenv("TIEBEAM_ALERT_PRIVATE_ADDRESSES", "true")
        asyncio.run(set_up(read_settings()))
        yield


def asked(commands: typer.Typer, *words: object, expect: int = Exit.OK, typed: str = "") -> str:
    result = CliRunner().invoke(commands, [str(word) for word in words], input=typed)
    assert result.exit_code == expect, result.output
    assert "hush-hush" not in result.output
    return result.output


def told(commands: typer.Typer, *words: object, **given: Any) -> Any:
    return json.loads(asked(commands, *words, "--json", **given).splitlines()[-1])


@pytest.mark.usefixtures("installed")
def test_the_command_line_does_it_too() -> None:
    add = ("add", "Site", "--from", "critical", "--quiet", 0, "--url-stdin")
    made = told(channels.commands, *add, typed=f"{NOWHERE}\n")
    assert (made["kind"], made["threshold"], made["quiet_minutes"]) == ("Web hook", "critical", 0)
    assert "is added" in asked(channels.commands, "add", "Asked", typed=f"{NOWHERE}\n")
    tried = told(channels.commands, "test", "site", expect=Exit.INCOMPLETE)
    assert tried["tried_error"] == "It cannot be reached."
    assert told(channels.commands, "set", "Site", "--off", "--from", "info")["enabled"] is False
    assert "off" in asked(channels.commands, "list")
    asked(channels.commands, "remove", "Site", typed="n\n")
    asked(channels.commands, "remove", "Site", "--yes")
    assert [one["name"] for one in told(channels.commands, "list")] == ["Asked"]
    for words in (("test", "Gone"), ("set", "Asked", "--from", "loud"), ("add", "x", "--url-stdin")):
        asked(channels.commands, *words, expect=Exit.USAGE, typed="exec://hush-hush\n")

    assert "The next tidying takes 0 rows" in asked(log.commands, "keep", "alert", "--days", 60, typed="n\n")
    assert not any(one["is_own"] for one in told(log.commands, "keep"))
    asked(log.commands, "keep", "alert", "--days", 60, "--yes")
    kept = {one["name"]: one for one in told(log.commands, "keep")}
    assert (kept["alert"]["days"], kept["alert"]["is_own"]) == (60, True)
    asked(log.commands, "keep", "alert", "--default")
    asked(log.commands, "keep", "alert", expect=Exit.USAGE)
    asked(log.commands, "keep", "alert", "--days", 2, "--yes", expect=Exit.USAGE)
    assert "Kept for ever" in asked(log.commands, "keep")

    async def acts() -> list[str]:
        async with opened(read_settings()) as app:
            return [one.act for one in await Trail(app.store, app.clock).entries(app.tenant.id, limit=20)]

    assert {"channel.added", "channel.tested", "channel.changed", "channel.removed", "retention.set"} <= set(
        asyncio.run(acts())
    )
