"""Every former version is kept, any moment can be seen again, and views show what lives."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import psycopg
import pytest
from tests.factories.procore_desk import BY_VIEW, ProcoreDesk
from tests.factories.replicas import Copy

from tiebeam.kernel.errors import BadInputError
from tiebeam.replicate.model import State
from tiebeam.replicate.replica import AmbiguousRecordError, NoSuchRecordError, Slice
from tiebeam.replicate.views import view_statements

if TYPE_CHECKING:
    from datetime import datetime

    from tiebeam.identity.model import Tenant
    from tiebeam.store.pool import Store

DOCUMENTS = "procore.documents"


async def lived(store: Store, tenant: Tenant) -> tuple[Copy, str, list[datetime]]:
    """A document that was made, renamed, binned and restored; with the moments at which each was known."""
    desk = ProcoreDesk()
    document = desk.put("documents", name="Plan.pdf")
    copy = Copy(desk, store, tenant.id, "documents")
    moments = []
    for act in (
        lambda: None,
        lambda: desk.state.update("documents", document, {"name": "Plan B.pdf"}),
        lambda: desk.state.delete("documents", document),
        lambda: desk.state.restore("documents", document),
    ):
        desk.clock.advance(60)
        act()
        await copy.sync()
        moments.append(desk.clock.now())
    return copy, str(document), moments


@pytest.mark.req("R2", "R5")
async def test_every_version_is_kept_without_gap_or_overlap(store: Store, tenant: Tenant) -> None:
    copy, key, _ = await lived(store, tenant)
    versions = await copy.records.history(DOCUMENTS, key)
    assert [version.version for version in versions] == [1, 2, 3, 4]
    assert [version.state for version in versions] == [
        State.LIVE,
        State.LIVE,
        State.DELETED,
        State.LIVE,
    ]
    assert [version.payload["name"] for version in versions][:2] == ["Plan.pdf", "Plan B.pdf"]
    for old, new in pairwise(versions):
        assert old.valid_to == new.valid_from
    assert versions[-1].valid_to is None


async def test_a_record_is_shown_as_it_stood_at_a_moment(store: Store, tenant: Tenant) -> None:
    copy, key, moments = await lived(store, tenant)
    found = [await copy.records.as_of(DOCUMENTS, key, moment) for moment in moments]
    assert [version.version for version in found if version] == [1, 2, 3, 4]
    assert await copy.records.as_of(DOCUMENTS, key, moments[0].replace(year=2020)) is None


async def test_a_list_is_shown_as_it_stood_at_a_moment(store: Store, tenant: Tenant) -> None:
    copy, _, moments = await lived(store, tenant)
    names = []
    for moment in moments:
        rows = await copy.records.find(Slice(DOCUMENTS), as_of=moment)
        names.append([row.payload["name"] for row in rows])
    assert names == [["Plan.pdf"], ["Plan B.pdf"], [], ["Plan B.pdf"]]
    (binned,) = await copy.records.find(Slice(DOCUMENTS, deleted=True), as_of=moments[2])
    assert binned.state == State.DELETED


async def test_two_versions_are_compared(store: Store, tenant: Tenant) -> None:
    copy, key, _ = await lived(store, tenant)
    old, new, differences = await copy.records.diff(DOCUMENTS, key, before=1, after=2)
    assert (old.version, new.version) == (1, 2)
    changed = {difference.path: (difference.before, difference.after) for difference in differences}
    assert changed["name"] == ("Plan.pdf", "Plan B.pdf")
    with pytest.raises(BadInputError, match="no version 9"):
        await copy.records.diff(DOCUMENTS, key, before=1, after=9)


async def test_what_is_not_there_or_is_there_twice_is_said(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    other = desk.state.insert("projects", {"id": 6, "name": "Annex"})
    user = {"id": 77, "name": "Ana", "email_address": "ana@example.com"}
    for project_id in (5, other["id"]):
        desk.state.insert("project_users", dict(user), project_id=project_id)
    copy = Copy(desk, store, tenant.id, "project_users")
    await copy.sync()
    with pytest.raises(NoSuchRecordError, match="no record '78'"):
        await copy.records.show("procore.project_users", "78")
    with pytest.raises(AmbiguousRecordError, match="several places"):
        await copy.records.show("procore.project_users", "77")
    found = await copy.records.show("procore.project_users", "77", "6")
    assert found.scope_text == "project_id=6"


@pytest.mark.req("R6")
async def test_views_leave_out_what_is_deleted_unless_it_is_asked_for(
    store: Store, tenant: Tenant, owner_url: str
) -> None:
    desk = ProcoreDesk()
    keys = [desk.put("documents", name=f"{name}.pdf") for name in ("kept", "binned", "hidden")]
    copy = Copy(desk, store, tenant.id, "documents")
    await copy.sync()
    desk.state.delete("documents", keys[1])
    desk.state.hide("documents", keys[2])
    for _ in range(3):
        await copy.sync(full=True)
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
        for statement in view_statements([BY_VIEW["documents"]]):
            await connection.execute(statement.encode())
    async with store.transaction(tenant.id) as tx:
        shown = dict(await tx.rows("select name, _state from replica.documents"))
        every = dict(await tx.rows("select name, _state from replica.documents_all"))
    assert shown == {"kept.pdf": "live", "hidden.pdf": "hidden"}
    assert every == shown | {"binned.pdf": "deleted"}
    async with store.transaction(None) as tx:
        assert await tx.value("select count(*) from replica.documents_all") == 0


async def test_a_value_that_fits_no_column_reads_as_null_and_stays_in_the_payload(
    store: Store, tenant: Tenant, owner_url: str
) -> None:
    desk = ProcoreDesk()
    desk.put("submittals", title="Odd", lead_time="soon", due_date="the 12th", private="maybe")
    copy = Copy(desk, store, tenant.id, "submittals")
    await copy.sync()
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
        for statement in view_statements([BY_VIEW["submittals"]]):
            await connection.execute(statement.encode())
    async with store.transaction(tenant.id) as tx:
        query = "select lead_time, due_date, private, _payload ->> 'due_date' from replica.submittals"
        assert await tx.rows(query) == [(None, None, None, "the 12th")]


@pytest.mark.req("R1", "R19")
async def test_only_the_chosen_feeds_are_read_and_what_they_said_is_told(
    store: Store, tenant: Tenant
) -> None:
    desk = ProcoreDesk()
    desk.put("images", filename="a.jpg")
    desk.put("documents", name="Plan.pdf")
    copy = Copy(desk, store, tenant.id, "images", "documents")
    await copy.sync()
    feeds = {feed.stream: feed for feed in await copy.replica.ensure_feeds([])}
    desk.put("images", filename="b.jpg")
    desk.put("documents", name="Plan B.pdf")
    calls_before = desk.client.calls
    report = await copy.sync(feeds=frozenset([feeds["procore.images"].id]))
    assert (report.feeds_read, report.complete) == (1, True)
    assert len(await copy.find("images")) == 2
    assert len(await copy.find("documents")) == 1
    (read,) = report.reads
    assert (read.feed_id, read.changes, read.first) == (feeds["procore.images"].id, 1, False)
    assert read.calls == desk.client.calls - calls_before


async def test_a_choice_is_made_anew_after_a_kill(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    desk.put("images", filename="a.jpg")
    copy = Copy(desk, store, tenant.id, "images")
    await copy.sync()
    chosen = frozenset(feed.id for feed in await copy.replica.ensure_feeds([]))
    stale_before = desk.clock.now() - timedelta(hours=1)
    await copy.replica.begin_run("due", stale_before=stale_before)
    for number in range(2):
        desk.put("images", filename=f"{number}.jpg")
        assert (await copy.sync(feeds=chosen)).feeds_read == len(chosen)
    assert len(await copy.find("images")) == 3
