from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.procore_desk import ProcoreDesk
from tests.factories.replicas import Copy

from tiebeam.replicate.freshness.estimate import HISTORY_WEIGHT
from tiebeam.replicate.freshness.model import Seen
from tiebeam.replicate.freshness.outlook import choice_of, counted, planned, seen_of
from tiebeam.replicate.freshness.repository import Freshness
from tiebeam.replicate.model import Mode, Segment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tiebeam.identity.model import Tenant
    from tiebeam.replicate.freshness.plan import Plan
    from tiebeam.replicate.model import Feed
    from tiebeam.replicate.sync import SyncReport
    from tiebeam.store.pool import Store


async def feed_of(copy: Copy, view: str) -> Feed:
    [found] = [feed for feed in await copy.replica.ensure_feeds([]) if feed.stream == f"procore.{view}"]
    return found


async def probe(copy: Copy, *views: str) -> tuple[SyncReport, int]:
    """Look at some feeds, and return the report and how many calls the vendor was asked."""
    ids = frozenset([(await feed_of(copy, view)).id for view in views])
    before = copy.desk.client.calls
    report = await copy.sync(feeds=ids, probes=ids)
    return report, copy.desk.client.calls - before


@pytest.mark.req("R1")
async def test_a_glance_brings_what_has_changed_and_leaves_deletions_to_a_read(
    store: Store, tenant: Tenant
) -> None:
    desk = ProcoreDesk()
    kept, gone = desk.put("submittals", title="Steel"), desk.put("submittals", title="Glass")
    copy = Copy(desk, store, tenant.id, "submittals")
    await copy.sync()
    await copy.sync()
    before = await feed_of(copy, "submittals")
    quiet, calls = await probe(copy, "submittals")
    assert (calls, quiet.reads, [one.changes for one in quiet.probes]) == (1, [], [0])

    desk.state.update("submittals", kept, {"title": "Steel, revised"})
    desk.state.delete("submittals", gone)
    told, calls = await probe(copy, "submittals")
    assert (calls, told.reads) == (1, [])
    assert [(one.changes, one.brought) for one in told.probes] == [(1, True)]
    live = await copy.find("submittals")
    assert {row.payload["title"] for row in live.values()} == {"Steel, revised", "Glass"}
    after = await feed_of(copy, "submittals")
    assert after.watermark == before.watermark, "what a glance does not show is still to be asked for"
    assert after.read_at is not None
    assert before.read_at is not None
    assert after.read_at > before.read_at

    whole = await copy.sync(feeds=frozenset([after.id]))
    assert [one.changes for one in whole.reads] == [1]
    assert list(await copy.find("submittals")) == [str(kept)]


async def test_a_glance_that_was_cut_off_moves_no_watermark_when_it_is_taken_up(
    store: Store, tenant: Tenant
) -> None:
    desk = ProcoreDesk()
    desk.put("submittals", title="Steel")
    copy = Copy(desk, store, tenant.id, "submittals")
    await copy.sync()
    before = await feed_of(copy, "submittals")
    window = (before.watermark, desk.clock.now())
    await copy.replica.begin_pull(before, Mode.INCREMENTAL, (Segment(0),), updated=window)
    report = await copy.sync(feeds=frozenset([before.id]))
    assert (report.reads, [one.brought for one in report.probes]) == ([], [True])
    assert (await feed_of(copy, "submittals")).watermark == before.watermark


async def test_the_number_of_rows_stands_for_several_pages(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    ids = [desk.put("project_vendors", name=f"Sub {number}") for number in range(5)]
    copy = Copy(desk, store, tenant.id, "project_vendors", per_page=2)
    await copy.sync()
    quiet, calls = await probe(copy, "project_vendors")
    assert (calls, quiet.reads, [one.changes for one in quiet.probes]) == (1, [], [0])
    desk.state.update("project_vendors", ids[0], {"name": "Renamed"})
    edited, calls = await probe(copy, "project_vendors")
    assert (calls, edited.reads) == (1, []), "an edit does not show in a number"
    desk.put("project_vendors", name="Newcomer")
    told, calls = await probe(copy, "project_vendors")
    assert [(one.changes, one.brought) for one in told.probes] == [(1, False)]
    assert (calls, [one.changes for one in told.reads]) == (1 + 3, [2])
    assert {row.payload["name"] for row in (await copy.find("project_vendors")).values()} >= {
        "Renamed",
        "Newcomer",
    }


async def test_a_count_of_days_stands_for_all_daily_logs(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    views = ("manpower_logs", "work_logs")
    log = desk.put("manpower_logs", date="2026-03-02", num_workers=4, status="approved")
    copy = Copy(desk, store, tenant.id, *views)
    await copy.sync()
    quiet, calls = await probe(copy, *views)
    assert (calls, quiet.reads, [one.changes for one in quiet.probes]) == (1, [], [0])
    desk.state.update("manpower_logs", log, {"num_workers": 5})
    edited, calls = await probe(copy, *views)
    assert (calls, edited.reads) == (1, [])
    desk.put("work_logs", date="2026-03-02", status="approved")
    told, calls = await probe(copy, *views)
    assert calls == 3, "the count is the first call of the read"
    assert sum(one.changes for one in told.reads) == 2
    assert (await copy.find("manpower_logs"))[str(log)].payload["num_workers"] == 5


async def test_a_tool_that_was_switched_off_is_found_out_by_a_probe(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    desk.put("submittals", title="Steel")
    copy = Copy(desk, store, tenant.id, "submittals", "project_vendors", per_page=2)
    await copy.sync()
    desk.state.set_tool(5, "submittals", enabled=False)
    desk.state.set_tool(5, "directory", enabled=False)
    report, _ = await probe(copy, "submittals", "project_vendors")
    assert (report.feeds_off, report.probes, report.failures) == (2, [], [])


async def learn(copy: Copy, freshness: Freshness, hours: float, changed: Iterable[int] = ()) -> Plan:
    """Let time pass, do what is due by the plan, and have the estimates learn from it."""
    desk = copy.desk
    desk.clock.advance(hours * 3600)
    for key in changed:
        desk.state.update("submittals", key, {"title": f"at {desk.clock.now()}"})
    feeds = await copy.replica.ensure_feeds([])
    made = planned(copy.streams, feeds, await freshness.evidence(), 1.0, desk.clock.now()).plan
    due, probes = choice_of(made.due(desk.clock.now()))
    began = desk.clock.now()
    report = await copy.sync(feeds=due, probes=probes, after_hours=0)
    for feed_id in counted(report.probes, made):
        await freshness.note_probe(feed_id, began)
    for feed_id, seen in seen_of(report.reads, made, began, report.probes):
        await freshness.note_read(feed_id, seen)
    return made


@pytest.mark.req("R1")
async def test_what_is_due_is_glanced_at_by_the_plan_and_the_estimate_learns_from_it(
    store: Store, tenant: Tenant
) -> None:
    desk = ProcoreDesk()
    keys = [desk.put("submittals", title=f"Steel {number}") for number in range(3)]
    copy = Copy(desk, store, tenant.id, "submittals", "images")
    freshness = Freshness(store, tenant.id, copy.connection_id)
    await copy.sync()
    feed = await feed_of(copy, "submittals")
    while (found := (await freshness.evidence()).get(feed.id)) is None or found.as_of != desk.clock.now():
        await learn(copy, freshness, 0.5)
    made = await learn(copy, freshness, 0.1, changed=keys)
    while [one.probe for one in made.due(desk.clock.now()) if one.feed_id == feed.id] != [True]:
        assert made.slots[feed.id].pace.probe_hours, "with one call an hour a glance is worth more"
        made = await learn(copy, freshness, 0.5)
    evidence = (await freshness.evidence())[feed.id]
    assert evidence.probed_at == desk.clock.now()
    assert evidence.announced == pytest.approx(3)
    assert sum(evidence.changes) == pytest.approx(3, rel=0.1)
    assert evidence.as_of is not None
    assert evidence.as_of < evidence.probed_at
    titles = {row.payload["title"] for row in (await copy.find("submittals")).values()}
    assert len(titles) == 1, "all three were brought"


async def test_the_first_copy_tells_how_often_a_feed_changed_before(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    for number in range(6):
        desk.put("submittals", title=f"Steel {number}")
        desk.clock.advance(3600)
    copy = Copy(desk, store, tenant.id, "submittals")
    freshness = Freshness(store, tenant.id, copy.connection_id)
    report = await copy.sync()
    feed = await feed_of(copy, "submittals")
    [read] = [one for one in report.reads if one.feed_id == feed.id]
    await freshness.note_read(feed.id, Seen(desk.clock.now(), read.changes, read.calls), feed_ids=[feed.id])
    evidence = (await freshness.evidence())[feed.id]
    assert sum(evidence.changes) == pytest.approx(HISTORY_WEIGHT * 6)
    assert sum(evidence.hours) == pytest.approx(HISTORY_WEIGHT * 336)
