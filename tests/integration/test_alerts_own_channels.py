"""A company's own channels: sealed, guarded, told of its own alerts alone, and never in each other's way."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.factories.console import NoVendor
from tests.factories.webhooks import KEY

from tiebeam.app import App
from tiebeam.identity.repository import Tenants
from tiebeam.kernel.errors import BadInputError
from tiebeam.operations.alerts.model import Finding, Severity
from tiebeam.operations.alerts.own.courier import Parcel, ProcessCourier
from tiebeam.operations.alerts.own.model import (
    CHANNELS_MAX,
    ChannelRefusedError,
    Terms,
    UnknownChannelError,
)
from tiebeam.operations.audit.model import Actor
from tiebeam.operations.audit.repository import Trail
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.vault import SealBrokenError, SealedElsewhereError, TextBox
from tiebeam.settings import Settings
from tiebeam.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("R16", "P21")

ME = Actor.command("tests")
SECRET = "pa55-of-the-hook"
RULES = ("not_synced", "disk_low")
LATE = Finding("not_synced", "connection:1/procore.rfis", Severity.WARNING, "RFIs are late.", "Look.")
DISK = Finding("disk_low", "disk:data", Severity.CRITICAL, "The disk is full.", "Free some.")


@dataclass
class Hook:
    """A web server that takes what it is posted, answers with `status`, or is silent."""

    status: int = 200
    port: int = 0
    silent: bool = False
    done: Event = field(default_factory=Event)
    taken: list[dict[str, Any]] = field(default_factory=list)

    def url(self, path: str = "tell") -> str:
        return f"json://annabel:{SECRET}@127.0.0.1:{self.port}/{path}"

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.taken]


@contextmanager
def served() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if hook.silent:
                hook.done.wait(30)
                return
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.port = server.server_port
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hook
        finally:
            hook.done.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def hook() -> Iterator[Hook]:
    with served() as found:
        yield found


def app_of(store: Store, clock: ManualClock, tenant: Tenant, folder: Path, **given: object) -> App:
    named = {
        "data": folder,
        "master_key": KEY,
        "tenant": tenant.slug,
        "alert_private_addresses": True,
        **given,
    }
    return App(Settings.model_validate(named), clock, store, tenant, NoVendor())


@pytest.fixture
def app(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> App:
    return app_of(store, clock, tenant, tmp_path)


def terms(name: str = "Site office", threshold: Severity = Severity.WARNING, quiet: int = 5) -> Terms:
    return Terms(name, threshold, quiet)


async def report(app: App, *findings: Finding) -> None:
    desk = app.alert_desk()
    await desk.report(app.tenant.id, findings, rules=RULES)
    await desk.deliver(app.tenant.id)


async def stored(app: App) -> str:
    """Return everything that the database keeps of the channels and of what was done, as text."""
    async with app.store.transaction(app.tenant.id) as tx:
        rows = [
            *await tx.rows("select c::text from tiebeam.own_channel c"),
            *await tx.rows("select h::text from tiebeam.alert_channel h"),
            *await tx.rows("select a::text from tiebeam.audit a"),
        ]
    return "\n".join(row[0] for row in rows)


async def test_it_hears_of_what_reaches_its_threshold_and_keeps_quiet_meanwhile(
    app: App, hook: Hook, clock: ManualClock
) -> None:
    ours = app.own_channels
    await ours.add(app.tenant.id, hook.url(), terms("All", Severity.WARNING, 10), by=ME)
    with served() as pager:
        await ours.add(app.tenant.id, pager.url(), terms("Pager", Severity.CRITICAL, 0), by=ME)
        await report(app, LATE)
        clock.advance(60)
        await report(app, LATE, DISK)
        assert hook.titles == ["Tiebeam, alder: 1 warning"]
        assert pager.titles == ["Tiebeam, alder: 1 critical"]
        clock.advance(60)
        await report(app, LATE, DISK)
        assert hook.titles[1:] == ["Tiebeam, alder: 1 critical"]
    first = next(one for one in await ours.all(app.tenant.id) if one.name == "All")
    assert (first.sent_at, first.failures, first.error) == (clock.now(), 0, None)
    assert (first.kind, first.added_by) == ("Web hook", "tests")


async def test_no_channel_hears_of_another_companys_alerts(
    app: App, hook: Hook, store: Store, clock: ManualClock, tmp_path: Path
) -> None:
    birch = app_of(store, clock, await Tenants(store).create("birch", "Birch Ltd"), tmp_path)
    with served() as theirs:
        mine = await app.own_channels.add(app.tenant.id, hook.url(), terms(), by=ME)
        await birch.own_channels.add(birch.tenant.id, theirs.url(), terms(), by=ME)
        await report(birch, DISK)
        await Upkeep(app).look()
        assert (hook.taken, theirs.titles) == ([], ["Tiebeam, birch: 1 critical"])
    # Nor is it seen, opened, changed or removed from there, also by who knows its id.
    assert [one.name for one in await birch.own_channels.all(birch.tenant.id)] == ["Site office"]
    for act in (
        birch.own_channels.get(birch.tenant.id, mine.id),
        birch.own_channels.change(birch.tenant.id, mine.id, terms("Taken"), by=ME),
        birch.own_channels.remove(birch.tenant.id, mine.id, by=ME),
        birch.own_channels.send_test(birch.tenant.id, mine.id, "birch", by=ME),
    ):
        with pytest.raises(UnknownChannelError):
            await act
    async with store.transaction(birch.tenant.id) as tx:
        touched = await tx.run(
            "update tiebeam.own_channel set name = 'Taken' where id = %(id)s", {"id": mine.id}
        )
    assert touched == 0
    assert await app.own_channels.get(app.tenant.id, mine.id) == mine


async def test_a_broken_channel_stops_no_other_and_says_why(app: App, hook: Hook, clock: ManualClock) -> None:
    ours = app.own_channels
    with served() as broken:
        broken.status = 404
        bad = await ours.add(app.tenant.id, broken.url(), terms("Broken"), by=ME)
        await ours.add(app.tenant.id, hook.url(), terms("Whole"), by=ME)
        async with app.store.transaction(app.tenant.id) as tx:
            odd = await ours.add(app.tenant.id, hook.url(), terms("Tampered"), by=ME)
            await tx.run("update tiebeam.own_channel set sealed = 'x' where id = %(id)s", {"id": odd.id})
        for _ in range(3):
            await report(app, LATE)
            clock.advance(3600)
    assert hook.titles == ["Tiebeam, alder: 1 warning"]
    bad = await ours.get(app.tenant.id, bad.id)
    assert (bad.failures, bad.error) == (3, "It answered 404: there is no such hook any more.")
    assert "was changed in the database" in str((await ours.get(app.tenant.id, odd.id)).error)
    await Upkeep(app).look()
    told = [one for one in await app.alert_desk().open_alerts(app.tenant.id) if one.rule == "channel_failing"]
    assert "3 messages in a row to Broken failed. It answered 404" in " ".join(one.summary for one in told)
    assert all("Settings > Notifications" in one.action for one in told)
    assert SECRET not in await stored(app)


async def test_a_test_is_told_and_a_good_one_hurries_what_waited(
    app: App, hook: Hook, clock: ManualClock
) -> None:
    hook.status = 403
    ours = app.own_channels
    made = await ours.add(app.tenant.id, hook.url(), terms(), by=ME)
    await report(app, LATE)
    tried = await ours.send_test(app.tenant.id, made.id, "alder", by=ME)
    assert tried.tried_error == "It answered 403: what the URL holds is no longer accepted."
    hook.status = 200
    tried = await ours.send_test(app.tenant.id, made.id, "alder", by=ME)
    assert (tried.tried_at, tried.tried_error, tried.failures) == (clock.now(), None, 0)
    await report(app, LATE)
    assert hook.titles == [
        "Tiebeam, alder: 1 warning",
        "Tiebeam, alder: 1 info (test)",
        "Tiebeam, alder: 1 info (test)",
        "Tiebeam, alder: 1 warning",
    ]


async def test_off_is_off_and_removed_is_gone(app: App, hook: Hook, clock: ManualClock) -> None:
    ours = app.own_channels
    made = await ours.add(app.tenant.id, hook.url(), terms(), by=ME)
    off = await ours.change(app.tenant.id, made.id, Terms("Site office", Severity.INFO, 5, False), by=ME)
    assert (off.enabled, off.threshold) == (False, Severity.INFO)
    await report(app, LATE)
    assert hook.taken == []
    await ours.change(app.tenant.id, made.id, Terms("Site office", Severity.INFO, 5), by=ME)
    clock.advance(60)
    await report(app, LATE, DISK)
    assert hook.titles == ["Tiebeam, alder: 1 critical"]
    await ours.remove(app.tenant.id, made.id, by=ME)
    clock.advance(3600)
    await report(app)
    clock.advance(3600)
    await report(app)
    assert (len(hook.taken), await ours.all(app.tenant.id)) == (1, [])
    entries = await Trail(app.store, clock).entries(app.tenant.id, limit=10)
    assert [one.act for one in entries] == [
        "channel.removed",
        "channel.changed",
        "channel.changed",
        "channel.added",
    ]
    assert entries[2].detail["before"]["enabled"] is True
    assert entries[2].detail["after"]["enabled"] is False
    assert SECRET not in await stored(app)
    assert "annabel" not in await stored(app)


async def test_names_are_told_apart_and_there_is_an_end_to_them(app: App, hook: Hook) -> None:
    ours = app.own_channels
    for n in range(CHANNELS_MAX - 1):
        await ours.add(app.tenant.id, hook.url(), terms(f"Channel {n}"), by=ME)
    with pytest.raises(BadInputError, match="already"):
        await ours.add(app.tenant.id, hook.url(), terms("CHANNEL 0"), by=ME)
    last = (ours.add(app.tenant.id, hook.url(), terms(f"Last {n}"), by=ME) for n in range(3))
    found = await asyncio.gather(*last, return_exceptions=True)
    assert sum(isinstance(one, BadInputError) for one in found) == 2
    assert len(await ours.all(app.tenant.id)) == CHANNELS_MAX
    for name, quiet in (("", 5), ("a" * 81, 5), ("a\nb", 5), ("ok", -1), ("ok", 1441)):
        with pytest.raises(BadInputError):
            terms(name, quiet=quiet)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "169.254.169.254",
        "10.0.0.7",
        "192.168.1.1",
        "0.0.0.0",
        "2130706433",
    ],
)
async def test_what_is_not_the_public_internet_is_refused_with_its_reason(
    store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path, host: str
) -> None:
    app = app_of(store, clock, tenant, tmp_path, alert_private_addresses=False)
    for url in (
        f"json://ann:{SECRET}@{host}/x",
        f"https://{host}/x",
        f"mailto://u:{SECRET}@example.com?smtp={host}",
    ):
        with pytest.raises(ChannelRefusedError, match=r"loopback|private|link-local") as refused:
            await app.own_channels.add(tenant.id, url, terms(), by=ME)
        assert SECRET not in str(refused.value)
    assert await app.own_channels.all(tenant.id) == []


async def test_a_host_that_nobody_knows_is_refused(
    store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path
) -> None:
    app = app_of(store, clock, tenant, tmp_path, alert_private_addresses=False)
    with pytest.raises(ChannelRefusedError, match="cannot be found"):
        await app.own_channels.add(tenant.id, "jsons://nobody.invalid/x", terms(), by=ME)


async def test_what_leads_inside_only_when_it_is_sent_is_stopped_at_the_connection(hook: Hook) -> None:
    parcel = Parcel(hook.url(), "title", "body", "info")
    why = await ProcessCourier().carry(parcel)
    assert why is not None
    assert "leads to a loopback address" in why
    assert hook.taken == []
    assert SECRET not in repr(parcel)


async def test_a_service_that_never_answers_is_given_up(hook: Hook) -> None:
    hook.silent = True
    why = await ProcessCourier(private_allowed=True, seconds_max=2).carry(
        Parcel(hook.url(), "t", "b", "info")
    )
    assert why == "It did not take the message within 2 seconds."
    with served() as closed:
        url = closed.url()
    why = await ProcessCourier(private_allowed=True).carry(Parcel(url, "t", "b", "info"))
    assert why == "It cannot be reached."


async def test_nothing_of_ours_is_known_to_who_sends(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    start = asyncio.create_subprocess_exec

    async def watched(*words: str, **given: Any) -> Any:
        seen.update(given["env"])
        assert SECRET not in " ".join(words)
        return await start(*words, **given)

    monkeypatch.setenv("TIEBEAM_MASTER_KEY", KEY)
    monkeypatch.setenv("HTTPS_PROXY", "http://10.0.0.1:3128")
    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    assert await ProcessCourier(private_allowed=False).carry(Parcel(hook.url(), "t", "b", "info"))
    assert not [name for name in seen if name.startswith("TIEBEAM_") or name.endswith("PROXY")]


def test_a_sealed_url_opens_as_its_own_alone() -> None:
    keys, tenant_id, channel_id = Keyring.of_new_key(), uuid4(), uuid4()
    box = TextBox(keys, "channel")
    key_id, data = box.seal("json://x", tenant_id, channel_id)
    assert box.open(key_id, data, tenant_id, channel_id) == "json://x"
    renewed = TextBox(keys.with_new_key(), "channel")
    assert renewed.open(key_id, data, tenant_id, channel_id) == "json://x"
    foreign = TextBox(keys, "credential")
    for other, owner, sealed in (
        (box, (uuid4(), channel_id), data),
        (box, (tenant_id, uuid4()), data),
        (foreign, (tenant_id, channel_id), data),
        (box, (tenant_id, channel_id), b""),
    ):
        with pytest.raises(SealBrokenError):
            other.open(key_id, sealed, *owner)
    with pytest.raises(SealedElsewhereError):
        TextBox(Keyring.of_new_key(), "channel").open(key_id, data, tenant_id, channel_id)


async def test_quiet_is_a_fifth_while_something_critical_waits(app: App, hook: Hook) -> None:
    made = await app.own_channels.add(app.tenant.id, hook.url(), terms(quiet=60), by=ME)
    assert (made.quiet.other, made.quiet.urgent) == (timedelta(minutes=60), timedelta(minutes=12))
