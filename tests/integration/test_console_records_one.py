"""The page of one record: its fields, its past, where it came from, and having it read again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
import pytest
from tests.factories.console import console
from tests.factories.console_records import Shelf
from tests.factories.webhooks import PostRoom

from tiebeam.connectors.streams import Scope
from tiebeam.identity.model import Role
from tiebeam.replicate.explorer.relations import relations
from tiebeam.replicate.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

JOBS = "select kind, args from tiebeam.job"


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


@pytest.fixture
async def shelf(store: Store, tenant: Tenant) -> Shelf:
    return await Shelf.opened(store, tenant.id)


async def test_its_fields_its_past_and_what_changed(house: Console, shelf: Shelf) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    now = {"subject": "Beam", "status": "closed", "private": True, "odd": {"deep": ["x"]}}
    await shelf.add("rfis", 5, now, before=({"subject": "Bean", "status": "open"}, {**now, "status": "open"}))
    page = (await client.get("/records/rfis/5?project=7")).text
    assert page.index(">status<") < page.index(">odd<")
    assert "<bdi>closed</bdi>" in page
    assert "<bdi>yes</bdi>" in page
    assert "&#34;deep&#34;" in page
    assert "Bean" not in page
    for version, text in ((1, "Bean"), (2, "Beam")):
        assert text in (await client.get(f"/records/rfis/5?version={version}")).text
    compared = (await client.get("/records/rfis/5?from=1&to=3")).text
    assert "<del><bdi>Bean</bdi></del>" in compared
    assert "<ins><bdi>Beam</bdi></ins>" in compared
    day = (shelf.now - timedelta(days=2)).date()
    assert "Bean" in (await client.get(f"/records/rfis/5?as_of={day.isoformat()}")).text
    assert "did not know this record" in (await client.get("/records/rfis/5?as_of=2020-01-01")).text
    whole = await client.get("/records/rfis/5?as=json")
    assert orjson.loads(whole.content)["payload"] == now
    assert "attachment" in whole.headers["content-disposition"]
    for bad, status in (
        ("version=9", 404),
        ("from=9&to=1", 404),
        ("as_of=x", 400),
        ("at=x", 400),
        ("at=99", 404),
    ):
        assert (await client.get(f"/records/rfis/5?{bad}")).status_code == status, bad


async def test_it_is_opened_in_procore_as_long_as_it_stands_there(
    house: Console, shelf: Shelf, store: Store
) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    await shelf.add("rfis", 5, {"subject": "Beam"})
    await shelf.add("images", 6, {"description": "East wall"})
    assert "Open in Procore" not in (await client.get("/records/rfis/5?project=7")).text
    async with store.transaction(shelf.tenant_id) as tx:
        await tx.run("update tiebeam.connection set environment = 'production'")
    page = (await client.get("/records/rfis/5?project=7")).text
    assert 'href="https://app.procore.com/7/project/rfi/show/5"' in page
    page = (await client.get("/records/images/6?project=7")).text
    assert "Open its project in Procore" in page
    async with store.transaction(shelf.tenant_id) as tx:
        await tx.run("update tiebeam.record set state = 2 where key = '5'")
    assert "app.procore.com" not in (await client.get("/records/rfis/5?project=7")).text


async def test_what_it_hangs_together_with(house: Console, shelf: Shelf) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    await shelf.add("projects", 7, {"name": "Alder Hall"}, project=None)
    await shelf.add(
        "observations", 30, {"name": "Loose rail", "attachments": [{"filename": "rail.jpg", "size": 1234}]}
    )
    await shelf.add("observation_response_logs", 31, {"item_id": 30, "comment": "Fixed it"})
    await shelf.add("observation_response_logs", 32, {"item_id": 30, "comment": "Elsewhere"}, project="8")
    questions = [
        {"answers": [{"body": "Use B-12", "created_by": {"name": "Ada"}, "created_at": "2026-02-01"}]}
    ]
    await shelf.add("rfis", 5, {"subject": "Which beam?", "questions": questions})
    page = (await client.get("/records/observations/30?project=7")).text
    assert 'href="/records/projects/7"' in page
    assert 'href="/records/observation_response_logs/31?project=7"' in page
    assert "Elsewhere" not in page
    assert "rail.jpg" in page
    assert "1,234 bytes" in page
    assert (
        'href="/records/observations/30?project=7"'
        in (await client.get("/records/observation_response_logs/31")).text
    )
    replies = (await client.get("/records/rfis/5")).text
    assert "Use B-12" in replies
    assert "Ada" in replies
    project = (await client.get("/records/projects/7")).text
    assert 'href="/records/rfis?project=7"' in project


async def test_relations_name_kinds_and_columns_that_there_are() -> None:
    found = {(one.child.view, one.column.name, one.parent.view) for one in relations(STREAMS)}
    assert ("observation_response_logs", "observation_id", "observations") in found
    assert ("documents", "parent_id", "documents") in found
    assert len(found) > 20


async def test_one_id_in_several_projects_is_a_choice(house: Console, shelf: Shelf) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    feeds = [await shelf.add("project_users", 9, {"name": f"In {p}"}, project=p) for p in ("7", "8")]
    page = (await client.get("/records/project_users/9")).text
    assert all(f'href="?at={feed}"' in page for feed in feeds)
    assert "In 8" in (await client.get(f"/records/project_users/9?at={feeds[1]}")).text
    few, _ = await house.signed_in(Role.OFFICE, projects=["7"])
    assert "In 7" in (await few.get("/records/project_users/9")).text
    assert (await few.get(f"/records/project_users/9?at={feeds[1]}")).status_code == 404


async def test_state_and_reason_stand_in_words(house: Console, shelf: Shelf) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    await shelf.add("rfis", 1, {"subject": "One"}, state=2)
    await shelf.add("rfis", 2, {"subject": "Two"}, project="8")
    await shelf.feed("rfis", "8", access="off")
    assert "It was deleted in Procore" in (await client.get("/records/rfis/1")).text
    assert "We can no longer see it" in (await client.get("/records/rfis/2")).text


async def test_having_it_read_again(house: Console, shelf: Shelf, store: Store, tenant: Tenant) -> None:
    client, came = await house.signed_in(Role.OFFICE, projects=["7"])
    feed = await shelf.add("rfis", 5, {"subject": "Beam"})
    await shelf.add("rfis", 6, {"subject": "Elsewhere"}, project="8")
    async with store.transaction(tenant.id) as tx:
        await tx.run("update tiebeam.connection set status = 'connected'")
    form = {"csrf": came.session.csrf, "key": "5", "project": "7", "at": str(feed)}
    assert (
        await client.post("/records/rfis/refresh", data={**form, "key": "6", "project": "8", "at": ""})
    ).status_code == 404
    answer = await client.post("/records/rfis/refresh", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/records/rfis/5?project=7")
    assert "queued to be read again" in (await client.get(answer.headers["location"])).text
    async with store.transaction(tenant.id) as tx:
        ((kind, args),) = await tx.rows(JOBS)
    assert kind == "procore.refresh"
    assert (args["stream"], args["scope"], args["record"]) == ("procore.rfis", "project_id=7", "5")
    entries = await house.house.trail.entries(tenant.id)
    assert ("record.refresh_asked", "record:procore.rfis/5") in {(one.act, one.subject) for one in entries}
    async with store.transaction(tenant.id) as tx:
        await tx.run("update tiebeam.connection set status = 'disconnected'")
    assert (await client.post("/records/rfis/refresh", data=form)).status_code == 400


async def test_records_that_were_truly_read(house: Console, store: Store, tenant: Tenant) -> None:
    room = await PostRoom.opened(store, tenant.id)
    questions = [{"id": 1, "body": "Which beam?"}]
    room.desk.put("rfis", id=50, number="1", subject="Beam", questions=questions)
    room.desk.put("observations", id=60, name="Loose rail", number="1")
    await room.sync("rfis", "observations")
    client, _ = await house.signed_in(Role.OFFICE)
    for view in ("projects", "rfis", "observations"):
        page = (await client.get(f"/records/{view}")).text
        addresses = re.findall(r'<td data-head="Id"><a href="([^"]+)"', page)
        assert addresses, view
        for address in addresses[:5]:
            answer = await client.get(address)
            assert answer.status_code == 200, answer.text
            assert len(answer.content) < 100_000
            alone = view == "rfis"
            assert ("a call of its own" if alone else "polling: the first copy") in answer.text
            assert "created" in answer.text
    found = await room.records.show(
        "procore.rfis", re.findall(r"/records/rfis/(\d+)", (await client.get("/records/rfis")).text)[0]
    )
    project = Scope.parse(found.scope_text).project_id
    assert (
        f'href="/records/projects/{project}"'
        in (await client.get(f"/records/rfis/{found.key}?project={project}")).text
    )
