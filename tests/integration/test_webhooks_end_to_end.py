"""From a change in the simulated Procore, over a delivery, to the copy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.factories.webhooks import URL, PostRoom, connected, payload, post

from tiebeam.connectors.ports import Share
from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.streams import Scope
from tiebeam.kernel.correlation import bound, correlation_id
from tiebeam.replicate.model import State
from tiebeam.replicate.webhooks.fetch import Fetcher
from tiebeam.simulators.base.faults import FaultRule

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("R4")


@pytest.mark.parametrize("version", ["v2.0", "v3.0", "v4.0"])
async def test_creations_and_changes_arrive_in_every_version(
    store: Store, tenant: Tenant, version: str
) -> None:
    room = await PostRoom.opened(store, tenant.id)
    await room.sync("rfis", "submittals", "manpower_logs")
    await room.keeper.keep(room.terms(payload_version=version))
    rfi = room.desk.put("rfis", subject="Which anchor?", questions=[])
    submittal = room.desk.put("submittals", title="Anchors", number="1")
    log = room.desk.put("manpower_logs", date="2026-03-02", num_workers=3)
    done = await room.told()
    assert (done.created, done.waiting, done.left) == (3, 0, 0)
    assert str(rfi) in await room.find("rfis")
    assert str(submittal) in await room.find("submittals")
    assert str(log) in await room.find("manpower_logs")
    room.desk.state.update("rfis", rfi, {"subject": "Which bolt?"})
    done = await room.told()
    assert (done.updated, done.created) == (1, 0)
    assert (await room.find("rfis"))[str(rfi)].payload["subject"] == "Which bolt?"


async def test_it_is_paid_from_the_webhook_share_and_costs_no_more_than_it_must(
    store: Store, tenant: Tenant
) -> None:
    room = await PostRoom.opened(store, tenant.id)
    await room.sync("submittals")
    await room.keeper.keep(room.terms())
    for number in range(50):
        room.desk.put("submittals", title="Anchors", number=str(number))
    room.desk.gate.entered.clear()
    done = await room.told()
    assert (done.created, done.calls) == (50, 1)
    assert room.desk.gate.entered == [Share.WEBHOOK]


async def test_what_a_webhook_brought_is_what_the_next_sync_would_have(store: Store, tenant: Tenant) -> None:
    room = await PostRoom.opened(store, tenant.id)
    views = ("rfis", "submittals", "observations", "change_events", "tasks", "images")
    await room.sync(*views)
    await room.keeper.keep(room.terms())
    for view in views:
        room.desk.put(view, title=view, subject=view, name=view, number="1")
    room.desk.clock.advance(30)
    done = await room.told()
    assert done.created == len(views)
    before = {view: await room.find(view) for view in views}
    await room.sync(*views)
    assert {view: await room.find(view) for view in views} == before


@pytest.mark.parametrize("version", ["v2.0", "v3.0"])
@pytest.mark.parametrize("touched", [True, False])
async def test_a_reply_brings_its_rfi(store: Store, tenant: Tenant, version: str, *, touched: bool) -> None:
    """Version 3 names the RFI, so that it is found even when the reply did not move its time."""
    room = await PostRoom.opened(store, tenant.id)
    room.desk.state.children_touch_parents = touched
    rfi = room.desk.put("rfis", subject="Which anchor?", questions=[])
    room.desk.clock.advance(7200)
    await room.sync("rfis")
    await room.keeper.keep(room.terms(payload_version=version))
    room.desk.put("rfi_replies", rfi, body="The long one")
    room.desk.gate.entered.clear()
    done = await room.told()
    assert (done.waiting, done.left) == (0, 0)
    fetched = len(room.desk.gate.entered)
    assert (
        fetched
        == {("v3.0", True): 2, ("v3.0", False): 3, ("v2.0", True): 2, ("v2.0", False): 1}[version, touched]
    )


@pytest.mark.parametrize("view", ["submittals", "rfis", "change_events", "meetings", "documents"])
async def test_a_deletion_is_confirmed_by_the_recycle_bin(store: Store, tenant: Tenant, view: str) -> None:
    room = await PostRoom.opened(store, tenant.id)
    made = room.desk.put(view, title="Old", subject="Old", number="1", questions=[], document_type="file")
    room.desk.clock.advance(7200)
    await room.sync(view)
    await room.keeper.keep(room.terms())
    room.desk.state.delete(view, made)
    done = await room.told()
    assert (done.deleted, done.waiting) == (1, 0)
    (row,) = (await room.find(view, deleted=True)).values()
    assert row.state is State.DELETED


@pytest.mark.parametrize("view", ["images", "manpower_logs", "tasks", "drawing_areas"])
async def test_a_deletion_without_a_bin_is_confirmed_by_the_record_and_its_listing(
    store: Store, tenant: Tenant, view: str
) -> None:
    room = await PostRoom.opened(store, tenant.id)
    made = room.desk.put(view, name="Old", date="2026-03-02", description="Old")
    await room.sync(view)
    assert str(made) in await room.find(view)
    await room.keeper.keep(room.terms())
    room.desk.state.delete(view, made)
    done = await room.told()
    assert (done.deleted, done.waiting) == (1, 0)
    assert await room.find(view) == {}


@pytest.mark.parametrize("view", ["submittals", "images"])
async def test_a_deletion_that_nothing_confirms_is_not_believed(
    store: Store, tenant: Tenant, view: str
) -> None:
    """The record still stands: what was told is wrong, whoever told it."""
    room = await PostRoom.opened(store, tenant.id)
    made = room.desk.put(view, title="Standing", name="Standing", number="1")
    room.desk.clock.advance(7200)
    await room.sync(view)
    await room.keeper.keep(room.terms())
    name = {"submittals": "Submittals", "images": "Images"}[view]
    await _tell(room, name, made, "delete")
    rounds = [await room.fetch(after_seconds=600) for _ in range(5)]
    assert sum(done.deleted for done in rounds) == 0
    assert str(made) in await room.find(view)
    assert await room.rows("select * from tiebeam.webhook_pending") == []


@pytest.mark.parametrize("view", ["images", "submittals"])
async def test_a_404_of_what_can_no_longer_be_seen_deletes_nothing(
    store: Store, tenant: Tenant, view: str
) -> None:
    room = await PostRoom.opened(store, tenant.id)
    made = room.desk.put(view, title="Standing", name="Standing", number="1")
    await room.sync(view)
    await room.keeper.keep(room.terms())
    room.desk.state.set_tool(5, {"images": "photos"}.get(view, view), enabled=False)
    await _tell(room, {"submittals": "Submittals", "images": "Images"}[view], made, "delete")
    rounds = [await room.fetch(after_seconds=600) for _ in range(5)]
    assert sum(done.deleted for done in rounds) == 0
    assert sum(done.unconfirmed for done in rounds) == 1
    assert str(made) in await room.find(view)


async def test_many_deletions_at_once_wait_for_a_person(store: Store, tenant: Tenant) -> None:
    room = await PostRoom.opened(store, tenant.id)
    made = [room.desk.put("submittals", title="Old", number=str(number)) for number in range(30)]
    await room.sync("submittals")
    await room.keeper.keep(room.terms())
    for each in made:
        room.desk.state.delete("submittals", each)
    done = await room.told()
    assert (done.deleted, done.held) == (0, 30)
    assert len(await room.find("submittals")) == 30


async def test_our_own_writes_come_back_as_nothing(store: Store, tenant: Tenant) -> None:
    room = await PostRoom.opened(store, tenant.id)
    await room.sync("rfis")
    service = str(room.desk.simulator.options.service_user["id"])
    for version, own in (
        ("v3.0", {"own_application_id": "tiebeam-client-id"}),
        ("v4.0", {"own_user_id": service}),
    ):
        await room.keeper.keep(room.terms(payload_version=version, **own))
        await room.fetch()
        with room.desk.simulator.webhooks.acting(int(service), "tiebeam-client-id"):
            room.desk.put("rfis", subject="Ours")
        done = await room.told()
        assert (done.calls, done.created) == (0, 0)
        with room.desk.simulator.webhooks.acting(21, "another-app"):
            room.desk.put("rfis", subject="Theirs")
        # Reading for the other's record shows ours as well.
        assert (await room.told()).created >= 1
    fates = await room.rows("select fate, count(*) from tiebeam.webhook_delivery group by 1 order by 1")
    assert fates == [("echo", 2), ("fetch", 2)]


async def test_after_an_outage_only_what_was_missed_is_read(store: Store, tenant: Tenant) -> None:
    lost = FaultRule("drop_event", match="WEBHOOK")
    room = await PostRoom.opened(store, tenant.id, lost)
    await room.sync("rfis", "submittals")
    await room.keeper.keep(room.terms())
    missed = room.desk.put("submittals", title="While away", number="1")
    room.desk.clock.advance(60)
    assert await room.deliver() == []
    room.desk.simulator.stop_faults()
    room.desk.clock.advance(13 * 3600)
    seen = room.desk.put("rfis", subject="Back again", questions=[])
    await room.told()
    assert str(seen) in await room.find("rfis")
    assert await room.find("submittals") == {}
    caught = await room.gap.catch_up()
    assert (caught.listed, caught.new) == (2, 1)
    room.desk.gate.entered.clear()
    done = await room.fetch()
    assert (done.created, done.calls) == (1, 1)
    assert str(missed) in await room.find("submittals")
    assert (await room.gap.catch_up()).new == 0


async def test_without_the_list_of_deliveries_the_window_is_read(store: Store, tenant: Tenant) -> None:
    refused = FaultRule("status", match="deliveries", status=403)
    room = await PostRoom.opened(store, tenant.id, refused)
    room.desk.put("submittals", title="Old", number="1")
    await room.sync("submittals", "rfis")
    await room.keeper.keep(room.terms())
    room.desk.simulator.webhooks.hooks.clear()
    room.desk.clock.advance(3600)
    missed = room.desk.put("submittals", title="While away", number="2")
    caught = await room.gap.catch_up()
    assert caught.scopes_to_read == 2 + 1
    done = await room.fetch()
    assert done.created == 1
    assert str(missed) in await room.find("submittals")
    assert (done.waiting, await room.rows("select * from tiebeam.webhook_pending")) == (0, [])


async def test_a_hook_is_made_once_checked_and_mended(store: Store, tenant: Tenant) -> None:
    room = await PostRoom.opened(store, tenant.id)
    webhooks = room.desk.simulator.webhooks
    made = await room.keeper.keep(room.terms())
    assert made.keep is None
    (hook,) = webhooks.hooks.values()
    assert (hook.destination_url, hook.payload_version, hook.namespace) == (
        URL,
        "v3.0",
        f"tiebeam-{room.connection_id}",
    )
    triggers = {(each.resource_name, each.event_type) for each in hook.triggers}
    assert {("RFIs", "delete"), ("Projects", "update"), ("Manpower Logs", "create")} <= triggers
    assert ("Locations", "create") not in triggers
    assert not (await room.keeper.check(room.terms())).needed
    assert not (await room.keeper.keep(room.terms())).needed
    hook.triggers = hook.triggers[5:]
    mended = await room.keeper.keep(room.terms())
    assert (len(mended.add), mended.keep) == (5, str(hook.id))
    assert {(each.resource_name, each.event_type) for each in hook.triggers} == triggers
    hook.active = False
    await room.keeper.keep(room.terms())
    (other,) = webhooks.hooks.values()
    assert other.id != hook.id
    assert other.destination_headers != hook.destination_headers
    current = await room.hooks.current()
    assert current is not None
    assert current.vendor_hook_id == str(other.id)


@pytest.mark.parametrize("killed_at", ["make", "add_triggers", None])
async def test_what_waited_for_a_hook_that_was_lost_is_read_again_whatever_was_killed(
    store: Store, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, killed_at: str | None
) -> None:
    room = await PostRoom.opened(store, tenant.id)
    await room.sync("submittals")
    await room.keeper.keep(room.terms())
    room.desk.clock.advance(600)
    missed = room.desk.put("submittals", title="Missed", number="1")
    room.desk.simulator.webhooks.hooks.clear()
    if killed_at is not None:
        with monkeypatch.context() as patched:
            patched.setattr(room.calls, killed_at, _killed)
            with pytest.raises(KeyboardInterrupt):
                await room.keeper.keep(room.terms())
    else:
        await room.keeper.keep(room.terms())
    await room.fetch(after_seconds=120)
    assert str(missed) in await room.find("submittals")
    await room.keeper.keep(room.terms())
    assert len(room.desk.simulator.webhooks.hooks) == 1
    seen = room.desk.put("submittals", title="Seen", number="2")
    await room.told()
    assert str(seen) in await room.find("submittals")


async def _killed(*_: object) -> None:
    raise KeyboardInterrupt


async def test_a_hook_is_ended_with_its_connection_and_no_others(store: Store, tenant: Tenant) -> None:
    room = await PostRoom.opened(store, tenant.id)
    await room.keeper.keep(room.terms())
    other = PostRoom(room.desk, store, tenant.id, await connected(store, tenant.id))
    await other.keeper.keep(other.terms())
    assert await room.keeper.end(room.terms()) == 1
    assert await room.hooks.current() is None
    assert (await room.gap.catch_up()).listed == 0
    assert len(room.desk.simulator.webhooks.hooks) == 1
    assert not (await other.keeper.check(other.terms())).needed


async def test_records_wait_while_a_sync_reads_their_listing(store: Store, tenant: Tenant) -> None:
    room = await PostRoom.opened(store, tenant.id)
    await room.sync("submittals")
    await room.keeper.keep(room.terms())
    room.desk.put("submittals", title="New", number="1")
    lock = await room.landing.lock("5/submittals")
    assert lock is not None
    async with lock:
        done = await room.told()
        assert (done.created, done.waiting) == (0, 1)
    assert (await room.fetch()).created == 1


async def test_a_record_that_is_not_there_is_looked_for_and_then_left_to_polling(
    store: Store, tenant: Tenant
) -> None:
    room = await PostRoom.opened(store, tenant.id)
    await room.sync("submittals")
    await room.keeper.keep(room.terms())
    await _tell(room, "Submittals", 424242, "update")
    rounds = [await room.fetch(after_seconds=600) for _ in range(5)]
    assert [done.waiting for done in rounds] == [1, 1, 1, 0, 0]
    assert sum(done.left for done in rounds) == 1


async def _tell(room: PostRoom, resource: str, record_id: int, event_type: str) -> None:
    """Have the vendor tell of something that did not happen."""
    current = await room.hooks.current()
    assert current is not None
    at = (room.desk.clock.now() - timedelta(seconds=1)).isoformat()
    (hook,) = room.desk.simulator.webhooks.hooks.values()
    body = payload(9, record_id=record_id, event_type=event_type, resource_name=resource, timestamp=at)
    status, _ = await post(room.app(), body, hook.destination_headers)
    assert status == 204


async def test_the_calls_for_a_delivery_go_under_its_id(store: Store, tenant: Tenant) -> None:
    room = await PostRoom.opened(store, tenant.id)
    await room.sync("submittals", "rfis")
    await room.keeper.keep(room.terms())
    room.desk.put("submittals", title="Anchors", number="1")
    room.desk.put("rfis", subject="Which anchor?", questions=[])
    room.desk.clock.advance(2)
    await room.deliver()
    taken_in = "select resource, correlation_id from tiebeam.webhook_delivery where fate = 'fetch'"
    ids = dict(await room.rows(taken_in))
    assert len(set(ids.values())) == 2
    seen: list[str | None] = []
    enter = room.desk.gate.enter

    async def noting(share: Share) -> None:
        seen.append(correlation_id())
        await enter(share)

    room.desk.gate.enter = noting  # type: ignore[method-assign]  # what a call goes under is heard at the gate
    with bound("the-job"):
        done = await room.fetch()
    assert done.created == 2
    assert set(seen) == set(ids.values())


async def test_what_was_fetched_is_told_by_feed(store: Store, tenant: Tenant) -> None:
    room = await PostRoom.opened(store, tenant.id)
    gone = room.desk.put("submittals", title="Old", number="1")
    room.desk.clock.advance(7200)
    await room.sync("submittals")
    await room.keeper.keep(room.terms())
    room.desk.put("submittals", title="Anchors", number="2")
    room.desk.state.delete("submittals", gone)
    done = await room.told()
    feeds = await room.rows("select id from tiebeam.feed where stream = 'procore.submittals'")
    assert done.by_feed == {feeds[0][0]: 2}


@pytest.mark.req("Q5", "R19")
@pytest.mark.parametrize("view", ["submittals", "rfis", "images", "manpower_logs"])
async def test_one_record_is_fetched_by_hand(store: Store, tenant: Tenant, view: str) -> None:
    """Nobody told of it: a person wants to know now, and pays from the share of those who wait."""
    room = await PostRoom.opened(store, tenant.id)
    made = room.desk.put(view, title="1", name="1", subject="1", number="1", date="2026-03-02", questions=[])
    room.desk.clock.advance(7200)
    await room.sync(view)
    stream = next(one for one in STREAMS if one.view == view)
    fetcher = Fetcher(room.landing, room.desk.reader, room.desk.clock, STREAMS, share=Share.DEMAND)
    scope = Scope().within("project_id", "5")
    room.desk.gate.entered.clear()
    assert (await fetcher.one(stream, scope, str(made))).updated == 0
    room.desk.state.update(view, made, {"title": "2", "name": "2", "subject": "2"})
    room.desk.clock.advance(60)
    assert (await fetcher.one(stream, scope, str(made))).updated == 1
    room.desk.state.delete(view, made)
    room.desk.clock.advance(60)
    assert (await fetcher.one(stream, scope, str(made))).deleted == 1
    assert await room.find(view) == {}
    assert set(room.desk.gate.entered) == {Share.DEMAND}
