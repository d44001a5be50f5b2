"""Alerts on a real database: opened once, taken on, resolved by themselves, told as digests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.alerts.channels import NotToldError
from tiebeam.operations.alerts.desk import RETRIES, AlertDesk, Told
from tiebeam.operations.alerts.model import AlertStatus, Digest, Finding, Quiet, Severity
from tiebeam.operations.alerts.repository import Alerts, Expected, Sightings
from tiebeam.operations.alerts.rules import DiskSeen, judged, rules_for
from tiebeam.operations.alerts.watch import watch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.operations.alerts.channels import Channel
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("R16")

RULES = ("not_synced", "disk_low")
LATE = Finding("not_synced", "connection:1/procore.rfis", Severity.WARNING, "RFIs are late.", "Look.")
LATER = Finding("not_synced", LATE.subject, Severity.CRITICAL, "RFIs are very late.", "Look.")
DISK = Finding("disk_low", "disk:data", Severity.CRITICAL, "The disk is full.", "Free some.")


@dataclass
class Ear:
    """A channel that remembers what it was told."""

    name: str = "ear"
    threshold: Severity = Severity.WARNING
    quiet: Quiet = field(default_factory=lambda: Quiet(timedelta(minutes=1), timedelta(minutes=5)))
    deaf: bool = False
    heard: list[Digest] = field(default_factory=list)

    async def send(self, message: Digest) -> None:
        if self.deaf:
            raise NotToldError("The ear is deaf.", action="Wait.")
        self.heard.append(message)

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.heard]


@dataclass
class Office:
    desk: AlertDesk
    ear: Ear
    clock: ManualClock
    tenant_id: UUID

    async def report(self, *findings: Finding, minutes: float = 1.0, within: str | None = None) -> None:
        self.clock.advance(minutes * 60)
        await self.desk.report(self.tenant_id, findings, rules=RULES, within=within)
        await self.desk.deliver(self.tenant_id)

    async def standing(self) -> list[tuple[str, AlertStatus]]:
        return [(alert.summary, alert.status) for alert in await self.desk.open_alerts(self.tenant_id)]


def office(store: Store, clock: ManualClock, tenant: Tenant, *channels: Channel) -> Office:
    ear = Ear()
    return Office(AlertDesk(Alerts(store), clock, [ear, *channels]), ear, clock, tenant.id)


@pytest.fixture
def here(store: Store, clock: ManualClock, tenant: Tenant) -> Office:
    return office(store, clock, tenant)


@pytest.mark.req("P24")
async def test_a_trouble_is_told_of_once_however_often_it_is_found(here: Office) -> None:
    for _ in range(30):
        await here.report(LATE)
    (alert,) = await here.desk.open_alerts(here.tenant_id)
    assert (alert.sightings, alert.status) == (30, AlertStatus.OPEN)
    assert here.ear.titles == ["Tiebeam, alder: 1 warning"]


async def test_reports_side_by_side_open_one_alert(here: Office) -> None:
    reports = (here.desk.report(here.tenant_id, [LATE], rules=RULES) for _ in range(6))
    await asyncio.gather(*reports)
    (alert,) = await here.desk.open_alerts(here.tenant_id)
    assert alert.sightings == 6
    told = await asyncio.gather(*(here.desk.deliver(here.tenant_id) for _ in range(4)))
    assert len(here.ear.heard) == 1
    assert sum(map(len, told)) == 1


async def test_it_is_told_of_again_when_it_gets_worse_but_not_when_it_gets_better(here: Office) -> None:
    for finding in (LATE, LATER, LATE, LATER):
        await here.report(finding, minutes=6)
    assert here.ear.titles == ["Tiebeam, alder: 1 warning", "Tiebeam, alder: 1 critical"]


@pytest.mark.req("P24")
async def test_a_storm_is_one_message_at_once_and_one_a_quiet_time(here: Office) -> None:
    storm = [
        Finding("not_synced", f"connection:1/{n}", Severity.WARNING, f"{n} is late.", "Look.")
        for n in range(40)
    ]
    await here.report(*storm[:10])
    for count in range(11, 41):
        await here.report(*storm[:count], minutes=0.1)
    assert here.ear.titles == ["Tiebeam, alder: 10 warning"]
    await here.report(*storm, minutes=5)
    assert here.ear.titles[1:] == ["Tiebeam, alder: 30 warning"]
    assert "and 22 more: tiebeam alerts list" in here.ear.heard[1].body


async def test_something_critical_waits_for_a_minute_only(here: Office) -> None:
    await here.report(LATE)
    await here.report(LATE, DISK, minutes=0.5)
    assert len(here.ear.heard) == 1
    await here.report(LATE, DISK, minutes=0.5)
    assert here.ear.titles[1:] == ["Tiebeam, alder: 1 critical"]


async def test_it_resolves_by_itself_and_who_was_told_hears_of_it(here: Office) -> None:
    await here.report(LATE, DISK)
    await here.report(DISK)
    assert await here.standing() == [("The disk is full.", AlertStatus.OPEN)]
    await here.report(DISK, minutes=14)
    assert len(here.ear.heard) == 1
    await here.report(DISK, minutes=2)
    assert here.ear.titles[1:] == ["Tiebeam, alder: 1 resolved"]
    assert here.ear.heard[1].body == "Well again:\n- RFIs are late."
    everything = await here.desk.open_alerts(here.tenant_id, every=True)
    assert [alert.status for alert in everything] == [AlertStatus.OPEN, AlertStatus.RESOLVED]


async def test_what_comes_and_goes_is_one_alert_and_one_message(here: Office) -> None:
    for _ in range(10):
        await here.report(LATE, minutes=2)
        await here.report(minutes=2)
    assert here.ear.titles == ["Tiebeam, alder: 1 warning"]
    assert len(await here.desk.open_alerts(here.tenant_id, every=True)) == 1
    await here.report(minutes=16)
    await here.report(LATE, minutes=16)
    assert here.ear.titles[1:] == ["Tiebeam, alder: 1 resolved", "Tiebeam, alder: 1 warning"]
    assert len(await here.desk.open_alerts(here.tenant_id, every=True)) == 2


async def test_what_is_over_before_anybody_was_told_is_not_told(here: Office) -> None:
    await here.report(DISK)
    await here.report(DISK, LATE, minutes=0.1)
    await here.report(DISK, minutes=0.1)
    await here.report(DISK, minutes=30)
    assert here.ear.titles == ["Tiebeam, alder: 1 critical"]


async def test_an_acknowledged_alert_is_quiet_until_it_gets_worse(here: Office) -> None:
    here.ear.deaf = True
    await here.report(LATE)
    here.ear.deaf = False
    (alert,) = await here.desk.open_alerts(here.tenant_id)
    assert await here.desk.acknowledge(here.tenant_id, [alert.id, 999], by="ann") == [alert.id]
    assert await here.desk.acknowledge(here.tenant_id, None, by="ben") == []
    await here.report(LATE, minutes=60)
    (alert,) = await here.desk.open_alerts(here.tenant_id)
    assert (alert.status, alert.acknowledged_by) == (AlertStatus.ACKNOWLEDGED, "ann")
    assert here.ear.heard == []
    await here.report(LATER)
    (alert,) = await here.desk.open_alerts(here.tenant_id)
    assert (alert.status, alert.acknowledged_by) == (AlertStatus.OPEN, None)
    assert here.ear.titles == ["Tiebeam, alder: 1 critical"]


async def test_each_channel_hears_of_what_reaches_its_threshold(
    store: Store, clock: ManualClock, tenant: Tenant
) -> None:
    log, pager = Ear("log", Severity.INFO), Ear("pager", Severity.CRITICAL)
    here = office(store, clock, tenant, log, pager)
    note = Finding("disk_low", "x", Severity.INFO, "A conflict.", "None.")
    await here.report(LATE, note)
    await here.report(LATE, note, DISK, minutes=6)
    assert [len(message.notices) for message in log.heard] == [2, 1]
    assert [len(message.notices) for message in here.ear.heard] == [1, 1]
    assert pager.titles == ["Tiebeam, alder: 1 critical"]


async def test_a_deaf_channel_is_tried_again_and_becomes_an_alert_of_its_own(
    store: Store, clock: ManualClock, tenant: Tenant
) -> None:
    other = Ear("other")
    here = office(store, clock, tenant, other)
    here.ear.deaf = True
    await here.report(LATE, minutes=60)
    for _ in range(2):
        clock.advance(3600)
        assert await here.desk.deliver(here.tenant_id) == [Told("ear", 1, "The ear is deaf.")]
    seen = await Sightings(store).see(tenant.id, {}, clock.now())
    (finding,) = judged(seen)
    assert finding.summary == "3 messages in a row to ear failed. The ear is deaf."
    await here.desk.report(tenant.id, [finding], rules=rules_for(*Sightings.SHOWN))
    await here.desk.deliver(tenant.id)
    assert "Alerts do not get through (warning)" in other.heard[-1].body
    here.ear.deaf = False
    clock.advance(3600)
    await here.desk.deliver(tenant.id)
    assert len(here.ear.heard) == 1
    assert judged(await Sightings(store).see(tenant.id, {}, clock.now())) == []


async def test_a_channel_that_stays_deaf_is_given_up_and_one_that_is_gone_is_forgotten(
    store: Store, clock: ManualClock, tenant: Tenant
) -> None:
    here = office(store, clock, tenant)
    here.ear.deaf = True
    await here.report(LATE)
    tried = 1
    while await _tried_after_an_hour(here):
        tried += 1
        assert tried < 100
    assert tried == RETRIES.attempts_max
    assert judged(await Sightings(store).see(tenant.id, {}, clock.now()))
    await AlertDesk(Alerts(store), clock, [Ear("new")]).deliver(tenant.id)
    assert judged(await Sightings(store).see(tenant.id, {}, clock.now())) == []


async def _tried_after_an_hour(here: Office) -> bool:
    here.clock.advance(3600)
    return bool(await here.desk.deliver(here.tenant_id))


async def test_a_report_speaks_only_for_its_rules_and_its_part(here: Office) -> None:
    elsewhere = Finding("not_synced", "connection:2/procore.rfis", Severity.WARNING, "Others.", "Look.")
    await here.report(LATE, elsewhere, DISK)
    await here.report(within="connection:2")
    assert {summary for summary, _ in await here.standing()} == {"RFIs are late.", "The disk is full."}
    await here.desk.report(here.tenant_id, [], rules=["not_synced"])
    assert await here.standing() == [("The disk is full.", AlertStatus.OPEN)]


@pytest.mark.req("P21")
async def test_another_company_sees_and_changes_nothing(here: Office, store: Store) -> None:
    other = await Tenants(store).create("birch", "Birch Ltd")
    await here.report(LATE)
    (alert,) = await here.desk.open_alerts(here.tenant_id)
    assert await here.desk.open_alerts(other.id, every=True) == []
    assert await here.desk.acknowledge(other.id, [alert.id], by="eve") == []
    assert await here.desk.acknowledge(other.id, None, by="eve") == []
    await here.desk.report(other.id, [], rules=RULES)
    assert await here.desk.deliver(other.id) == []
    await here.desk.report(other.id, [LATE], rules=RULES)
    assert await here.standing() == [("RFIs are late.", AlertStatus.OPEN)]
    assert len(await here.desk.open_alerts(other.id)) == 1
    tables = ("alert", "alert_notice", "alert_channel", "vendor_streak", "log_archive")
    async with store.transaction(None) as tx:
        assert [await tx.rows(f"select * from tiebeam.{table}") for table in tables] == [[]] * 5


CONNECTION = uuid4()
_NEW_CONNECTION = """
insert into tiebeam.connection (id, tenant_id, vendor, environment, login_url, api_url, client_id, company_id,
    grant_kind, status, since, created_at)
values (%(id)s, %(tenant)s, 'procore', 'custom', 'http://x.invalid', 'http://x.invalid', 'c', '12',
    'client_credentials', %(status)s, %(at)s, %(at)s)
"""
_NEW_FEED = """
insert into tiebeam.feed (tenant_id, connection_id, stream, scope, completed_at, read_at)
values (%(tenant)s, %(id)s, 'procore.rfis', %(scope)s, %(at)s, %(at)s)
"""


async def prepared(store: Store, tenant: Tenant, clock: ManualClock, status: str = "connected") -> None:
    """A connection of the tenant, with one stream in three projects."""
    named = {"tenant": tenant.id, "id": CONNECTION, "status": status, "at": clock.now()}
    async with store.transaction(tenant.id) as tx:
        await tx.run(_NEW_CONNECTION, named)
        for project in "123":
            await tx.run(_NEW_FEED, {**named, "scope": f"project_id={project}"})


async def test_streams_that_are_late_are_one_finding_however_many_places(
    store: Store, clock: ManualClock, tenant: Tenant
) -> None:
    await prepared(store, tenant, clock)
    expected = {"procore.rfis": Expected("RFIs", 15), "procore.photos": Expected("photos", 30)}
    sightings = Sightings(store)
    clock.advance(29 * 60)
    assert judged(await sightings.see(tenant.id, expected, clock.now())) == []
    clock.advance(60)
    async with store.transaction(tenant.id) as tx:
        await tx.run(
            "update tiebeam.feed set read_at = %(at)s where scope = 'project_id=1'", {"at": clock.now()}
        )
    clock.advance(60)
    (finding,) = judged(await sightings.see(tenant.id, expected, clock.now()))
    assert (finding.rule, finding.severity) == ("not_synced", Severity.WARNING)
    assert finding.summary == "RFIs were last read 31 min ago in 2 places; they should be every 15 min."
    clock.advance(44 * 60)
    (finding,) = judged(await sightings.see(tenant.id, expected, clock.now()))
    assert finding.severity is Severity.CRITICAL


async def test_a_revoked_grant_is_one_alert_and_hides_what_follows_from_it(
    store: Store, clock: ManualClock, tenant: Tenant
) -> None:
    await prepared(store, tenant, clock)
    async with store.transaction(tenant.id) as tx:
        await tx.run(
            "update tiebeam.connection set status = 'error', code = 'procore.grant_revoked',"
            " reason = 'Access was revoked.', action = 'Connect again.'"
        )
    clock.advance(3600 * 24 * 3)
    sightings = Sightings(store)
    await sightings.failed(
        tenant.id, CONNECTION, "procore", TiebeamError("x", action="y"), server_fault=True, now=clock.now()
    )
    found = judged(await sightings.see(tenant.id, {"procore.rfis": Expected("RFIs", 15)}, clock.now()))
    assert [(one.rule, one.summary, one.action) for one in found] == [
        ("connection_down", "Procore company 12: Access was revoked.", "Connect again.")
    ]


@pytest.mark.req("W16")
async def test_the_third_failure_in_a_row_is_an_alert_and_an_answer_ends_it(
    store: Store, clock: ManualClock, tenant: Tenant
) -> None:
    await prepared(store, tenant, clock)
    sightings = Sightings(store)
    error = TiebeamError(
        "Procore failed to answer.", action="See its status page.", code="procore.server_error"
    )
    rules: list[Sequence[str]] = []
    for fault in (False, False, False, True):
        await sightings.failed(tenant.id, CONNECTION, "procore", error, server_fault=fault, now=clock.now())
        rules.append([one.rule for one in judged(await sightings.see(tenant.id, {}, clock.now()))])
    assert rules == [[], [], ["api_failing"], ["server_errors"]]
    (finding,) = judged(await sightings.see(tenant.id, {}, clock.now()))
    assert finding.summary == (
        "4 calls in a row to procore failed since 15:00 UTC. Procore failed to answer."
    )
    await sightings.answered(tenant.id, CONNECTION, "procore")
    assert judged(await sightings.see(tenant.id, {}, clock.now())) == []


async def test_conflicts_and_held_deletions_are_seen(
    store: Store, clock: ManualClock, tenant: Tenant
) -> None:
    await prepared(store, tenant, clock)
    async with store.transaction(tenant.id) as tx:
        feed = await tx.value("select min(id) from tiebeam.feed")
        named = {"tenant": tenant.id, "feed": feed, "at": clock.now(), "keys": ["1", "2"]}
        await tx.run(
            "insert into tiebeam.sync_log (tenant_id, at, feed_id, result, keys) values"
            " (%(tenant)s, %(at)s, %(feed)s, 'conflict', %(keys)s)",
            named,
        )
        await tx.run(
            "insert into tiebeam.hold (tenant_id, feed_id, keys, live, evidence, found_at) values"
            " (%(tenant)s, %(feed)s, %(keys)s, 9, 'missing', %(at)s)",
            named,
        )
    found = judged(await Sightings(store).see(tenant.id, {}, clock.now()))
    assert {(one.rule, one.severity) for one in found} == {
        ("conflicts", Severity.INFO),
        ("deletions_held", Severity.WARNING),
    }
    clock.advance(2 * 86_400)
    found = judged(await Sightings(store).see(tenant.id, {}, clock.now()))
    assert [one.rule for one in found] == ["deletions_held"]


async def test_one_look_opens_tells_and_resolves(store: Store, clock: ManualClock, tenant: Tenant) -> None:
    await prepared(store, tenant, clock)
    here, expected = office(store, clock, tenant), {"procore.rfis": Expected("RFIs", 15)}

    async def look(free_bytes: int) -> list[Told]:
        disks = [DiskSeen("data", free_bytes, 100)]
        return await watch(
            here.desk, Sightings(store), tenant.id, expected=expected, gates=[], disks=disks, now=clock.now()
        )

    assert await look(50) == []
    clock.advance(40 * 60)
    assert await look(19) == [Told("ear", 2)]
    assert here.ear.titles == ["Tiebeam, alder: 1 critical, 1 warning"]
    async with store.transaction(tenant.id) as tx:
        await tx.run("update tiebeam.feed set read_at = %(at)s", {"at": clock.now()})
    assert await look(20) == []
    assert await here.standing() == []
