"""Lists of records: what is in them, what of it who sees, and what nobody gets in or out by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import psycopg
import pytest
from tests.factories.console import console
from tests.factories.console_records import Shelf

from tiebeam.identity.model import Role
from tiebeam.replicate.explorer.repository import SAVED_MAX, Q
from tiebeam.replicate.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

PAGE_BYTES_MAX = 100_000
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{7*7}}{% raw %}",
    "\u202egpj.exe\u202c",
    "🏗️ bëam 🧱",
    "</title></table><svg onload=alert(1)>",
)


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


@pytest.fixture
async def shelf(store: Store, tenant: Tenant) -> Shelf:
    return await Shelf.opened(store, tenant.id)


async def seen(client: httpx.AsyncClient, view: str, status: int = 200, **query: Any) -> str:
    answer = await client.get(f"/records/{view}?{urlencode(query, doseq=True)}")
    assert answer.status_code == status, answer.text
    assert len(answer.content) < PAGE_BYTES_MAX
    return answer.text


def keys(page: str, view: str) -> list[str]:
    return re.findall(rf'<td data-head="Id"><a href="/records/{view}/([^?"]+)', page)


async def test_the_empty_explorer_says_what_to_do_next(house: Console, store: Store, tenant: Tenant) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    page = (await client.get("/records")).text
    assert "Nothing was read yet" in page
    assert "tiebeam connect procore" in page
    await Shelf.opened(store, tenant.id)
    assert "tiebeam connect procore" not in (await client.get("/records")).text
    assert "No RFIs were read yet" in await seen(client, "rfis")


async def test_every_kind_is_there_with_its_counts(house: Console, shelf: Shelf) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    await shelf.add("rfis", 1, {"subject": "One"})
    await shelf.add("rfis", 2, {"subject": "Two"}, state=2)
    await shelf.add("rfis", 3, {"subject": "Three"}, project="8", state=3)
    page = (await client.get("/records")).text
    assert all(f'href="/records/{stream.view}"' in page for stream in STREAMS)
    row = next(line for line in page.splitlines() if 'href="/records/rfis"' in line)
    assert re.findall(r">(\d+)<", row) == ["1", "1", "1"]
    for stream in STREAMS:
        await seen(client, stream.view)


async def test_search_filters_and_order(house: Console, shelf: Shelf) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    await shelf.add("rfis", 1, {"number": "10", "subject": 'Beam "B-12" 100%', "status": "open"})
    await shelf.add(
        "rfis", 2, {"number": "9", "subject": "Slab", "status": "Closed", "due_date": "2026-05-01"}
    )
    await shelf.add("rfis", 3, {"number": "8", "subject": "Wall_a", "status": "open"}, project="8")
    await shelf.add("rfis", 4, {"number": "7", "subject": "Gone", "status": "open"}, state=2)

    async def listed(**query: Any) -> list[str]:
        return keys(await seen(client, "rfis", **query), "rfis")

    assert await listed() == ["3", "2", "1"]
    assert await listed(state="all") == ["4", "3", "2", "1"]
    assert await listed(state="deleted") == ["4"]
    assert await listed(q='"b-12"') == ["1"]
    assert await listed(q="100%") == ["1"]
    assert await listed(q="l_a") == ["3"]
    assert await listed(q="subject") == [], "names of fields are not what records say"
    assert await listed(project="7") == ["2", "1"]
    assert await listed(since="2026-03-02") == []
    assert await listed(since="2026-03-01") == ["3", "2", "1"]
    assert await listed(field="status", op="is", value="closed") == ["2"]
    assert await listed(field=["status", "subject"], op=["is", "has"], value=["open", "bEaM"]) == ["1"]
    assert await listed(sort="due_date") == ["2", "1", "3"]
    assert await listed(sort="subject") == ["1", "2", "3"]
    assert await listed(sort="subject", dir="desc") == ["3", "2", "1"]
    page = await seen(client, "rfis", col=["status", "due_date"], project="8")
    assert re.findall(r'data-head="([^"]+)"', page)[:5] == ["Id", "status", "due date", "Project", "Changed"]


async def test_every_record_is_on_exactly_one_page(house: Console, shelf: Shelf) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    for project in ("7", "8", "9"):
        await shelf.many("rfis", 60, project)
    orders: tuple[dict[str, Any], ...] = ({}, {"sort": "id", "dir": "desc"})
    for order in orders:
        page, listed = await seen(client, "rfis", **order), []
        assert "180" in page
        while True:
            listed += re.findall(r'/records/rfis/(\d+)\?project=(\d+)"', page)
            onward = re.search(r'rel="next" href="([^"]+)"', page)
            if onward is None:
                break
            answer = await client.get(onward[1].replace("&amp;", "&"))
            assert answer.status_code == 200
            page = answer.text
        assert len(listed) == len(set(listed)) == 180


@pytest.mark.req("P21")
async def test_nobody_sees_beyond_their_projects_and_their_company(house: Console, shelf: Shelf) -> None:
    await shelf.add("projects", 7, {"name": "Alder Hall"}, project=None)
    await shelf.add("projects", 8, {"name": "Birch Wing"}, project=None)
    await shelf.add("rfis", 1, {"subject": "Seven's"}, project="7")
    await shelf.add("rfis", 2, {"subject": "Eight's"}, project="8")
    few, _ = await house.signed_in(Role.OFFICE, projects=["7"])
    none, _ = await house.signed_in(Role.OFFICE, projects=[])
    other, _ = await house.signed_in(Role.TENANT_ADMIN, tenant=await house.company("birch"))
    assert keys(await seen(few, "rfis"), "rfis") == ["1"]
    assert keys(await seen(few, "projects"), "projects") == ["7"]
    assert "Birch" not in await seen(few, "rfis")
    assert keys(await seen(few, "rfis", project="8"), "rfis") == []
    kinds = (await few.get("/records")).text
    assert re.findall(r">(\d+)<", next(x for x in kinds.splitlines() if '/records/rfis"' in x)) == [
        "1",
        "0",
        "0",
    ]
    assert re.findall(r">(\d+)<", next(x for x in kinds.splitlines() if '/records/projects"' in x))[0] == "1"
    for client in (few, none, other):
        assert (await client.get("/records/rfis/2?project=8")).status_code == 404
        assert (await client.get("/records/rfis/2")).status_code == 404
        assert (await client.get("/records/projects/8")).status_code == 404
        assert b"Eight" not in (await client.get("/exports/rfis/jsonl?state=all")).content
        assert b"Birch" not in (await client.get("/exports/projects/csv")).content
    assert keys(await seen(none, "rfis"), "rfis") == keys(await seen(other, "rfis"), "rfis") == []
    assert (await few.get("/records/rfis/1?project=7")).status_code == 200


@pytest.mark.req("P21")
@pytest.mark.parametrize("text", HOSTILE)
async def test_nothing_a_vendor_wrote_becomes_code(house: Console, shelf: Shelf, text: str) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    said: dict[str, Any] = {column.name: text for column in STREAMS[0].columns}
    for stream in STREAMS:
        if stream.view in ("rfis", "documents", "projects"):
            said = {column.path.split(".")[0]: text for column in stream.columns}
            said |= {
                "attachments": [{"filename": text, "size": 1}],
                "questions": [{"answers": [{"body": text}]}],
                text: text,
            }
            project = "7" if stream.scope else None
            await shelf.add(stream.view, 1, {**said, "x": 1}, project=project, before=({"name": text},))
            for address in (
                f"{stream.view}?q={text[:3]}&state=all",
                f"{stream.view}/1",
                f"{stream.view}/1?from=1&to=2",
            ):
                answer = await client.get(f"/records/{address}")
                assert answer.status_code == 200
                body = re.sub(r"<script type=\"module\" src=\"/static/[^\"]+\"></script>", "", answer.text)
                assert "<script" not in body
                assert "<svg" not in body
                assert "onerror=alert(1)>" not in body
                assert "{{7*7}}" in body if "{{" in text else "49{%" not in body
                assert not re.search(r"<[a-z]+[^>]*\son[a-z]+=['\"a-z]", body)
                assert not re.search(r"(href|src|action)=[\"']?\s*javascript:", body)
    listed = await seen(client, "rfis", state="all")
    assert "<bdi>" in listed


@pytest.mark.req("P21")
@pytest.mark.parametrize(
    "text", ["'; drop table tiebeam.record; --", "' or 1=1 --", "\\", "%", "a') or true", "$$", "\u0000"]
)
async def test_nothing_that_is_asked_becomes_sql(house: Console, shelf: Shelf, text: str) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    await shelf.add("rfis", 1, {"subject": "One"})
    for query in ({"q": text}, {"project": text}, {"field": "subject", "op": "has", "value": text}):
        answer = await client.get(f"/records/rfis?{urlencode(query)}")
        assert (answer.status_code == 400) == ("\0" in text), query
        assert answer.status_code == 400 or keys(answer.text, "rfis") == []
    bad = (
        {"sort": text},
        {"col": text},
        {"field": text, "op": "is", "value": "x"},
        {"state": text},
        {"after": text},
    )
    for query in (*bad, {"since": text}, {"page": text}):
        answer = await client.get(f"/records/rfis?{urlencode(query)}")
        assert answer.status_code == 400, query
    await client.get(f"/records/rfis?{urlencode({'after': f'2026-01-01~1~{text}'})}")
    assert keys(await seen(client, "rfis"), "rfis") == ["1"]


@pytest.mark.req("P21")
@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "rfis/..%2f..%2fapp.py",
        "rfis/%00",
        "%00",
        "rfis'--",
    ],
)
async def test_no_path_leads_out(house: Console, path: str) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    for begin in ("/records/", "/exports/"):
        answer = await client.get(begin + path)
        assert answer.status_code in (400, 404)
        assert "root:" not in answer.text


async def test_a_list_stays_small_however_long_its_texts(house: Console, shelf: Shelf) -> None:
    client, came = await house.signed_in(Role.OFFICE)
    names = [column.name for column in next(s for s in STREAMS if s.view == "rfis").columns[:12]]
    for key in range(60):
        await shelf.add("rfis", key, dict.fromkeys(names, '"<&>' * 500))
    assert len(keys(await seen(client, "rfis", col=names), "rfis")) == 50
    for key in range(300):
        await shelf.add("projects", key, {"name": "&" * 200}, project=None)
    await seen(client, "rfis", col=names)
    for number in range(SAVED_MAX):
        query = urlencode({"field": "subject", "op": "has", "value": "&" * 150})
        form = {"csrf": came.session.csrf, "name": f"{number} {'&' * 37}", "query": query}
        assert (await client.post("/records/rfis/save", data=form)).status_code == 303
    await seen(client, "rfis", col=names)
    await shelf.add(
        "rfis",
        99,
        {"subject": '"' * 90_000, "list": [{"a": "<" * 1000}] * 300} | {str(n): "x" * 99 for n in range(900)},
    )
    assert len((await client.get("/records/rfis/99")).content) < PAGE_BYTES_MAX


async def test_people_keep_lists_of_their_own(house: Console, shelf: Shelf) -> None:
    client, came = await house.signed_in(Role.OFFICE)
    other, _ = await house.signed_in(Role.OFFICE)
    await shelf.add("rfis", 1, {"subject": "One", "status": "open"})
    form = {
        "csrf": came.session.csrf,
        "name": '<b>"Mine"',
        "query": "status=1&field=status&op=is&value=open&evil=%22%3E",
    }
    assert (await client.post("/records/rfis/save", data=form)).status_code == 303
    page = await seen(client, "rfis")
    (address,) = re.findall(r'<li class="row"><a href="([^"]+)"', page)
    assert address == "/records/rfis?field=status&amp;op=is&amp;value=open"
    assert "<b>" not in page
    assert keys((await client.get(address.replace("&amp;", "&"))).text, "rfis") == ["1"]
    assert "Mine" not in await seen(other, "rfis")
    assert (
        await client.post("/records/rfis/save", data={**form, "query": "sort=nothing"})
    ).status_code == 400
    assert (await client.post("/records/rfis/save", data={**form, "name": ""})).status_code == 400
    assert (await client.post("/records/rfis/forget", data=form)).status_code == 303
    await seen(client, "rfis")
    assert "Mine" not in await seen(client, "rfis"), "the notice is shown once"
    for number in range(SAVED_MAX):
        await client.post("/records/rfis/save", data={**form, "name": f"list {number}"})
    assert (await client.post("/records/rfis/save", data={**form, "name": "too many"})).status_code == 400
    assert (await client.post("/records/rfis/save", data={**form, "name": "list 3"})).status_code == 303


@pytest.mark.req("Q3")
async def test_the_first_page_of_many_records_comes_from_the_index(
    house: Console, shelf: Shelf, tenant: Tenant, owner_url: str
) -> None:
    await house.signed_in(Role.OFFICE)
    for project in ("7", "8"):
        await shelf.many("rfis", 20_000, project)
    named = {
        "tenant_id": tenant.id, "visible": ["7", "8"], "own": None, "stream": "procore.rfis", "project": None,
        "since": None, "states": [1, 3], "search": None, "search_json": None, "paths": [], "patterns": [],
        "after_at": None, "after_feed": None, "after_key": None, "limit": 51,
        "until_at": None, "until_feed": None, "until_key": None, "look": 51, "connection": None,
    }  # fmt: skip
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as owner:
        await owner.execute(b"analyze tiebeam.record")
    async with shelf.store.transaction(tenant.id) as tx:
        plan = "\n".join(
            row[0] for row in await tx.rows(f"explain (analyze, timing off) {Q['newest']}", named)
        )
    assert "record_changed" in plan, plan
    assert "Seq Scan on record" not in plan, plan
    read = [int(n) for n in re.findall(r"record_changed on record.*?actual rows=(\d+)", plan)]
    assert read
    assert max(read) <= 51, plan
