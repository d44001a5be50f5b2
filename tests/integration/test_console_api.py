"""The API: who comes in, what they see, and what a request that is made twice does."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.factories.console_api import API, RFIS, api_house
from tests.factories.people import BOSS

from tiebeam.identity.model import Role
from tiebeam.identity.permissions import Permission
from tiebeam.web.api.application import create_api
from tiebeam.web.api.repository import KEPT_FOR, STUCK_AFTER
from tiebeam.web.api.route import BODY_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.console_api import ApiHouse

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

RECORDS = f"{API}/streams/rfis/records"
P = Permission


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[ApiHouse]:
    async with api_house(store, clock, tenant, tmp_path) as made:
        yield made


async def walked(client: httpx.AsyncClient, address: str) -> list[dict[str, Any]]:
    """Return everything of a list, by its Link headers."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        link = answer.headers.get("link")
        if link is None:
            assert answer.json()["next"] is None
            return found
        target = re.fullmatch(r'<([^>]+)>; rel="next"', link)
        assert target
        address = target.group(1)


def code_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"]
    assert body["action"]
    return str(body["code"])


@pytest.mark.req("P17", "P21")
async def test_a_key_opens_what_its_scopes_name_and_nothing_else(house: ApiHouse) -> None:
    client = await house.keyed([P.RECORDS_READ])
    assert (await client.get(RECORDS)).status_code == 200
    for address in ("/connections", "/audit", "/people", "/keys", "/runs", "/health"):
        refused = await client.get(API + address)
        assert (refused.status_code, code_of(refused)) == (403, "api.not_allowed")
    assert (await client.get(f"{API}/me")).json()["permissions"] == ["records.read"]


@pytest.mark.req("P21")
async def test_a_key_that_does_not_stand_opens_nothing(house: ApiHouse) -> None:
    keys, tenant_id = house.console.house.keys, house.console.tenant.id
    client = await house.keyed()
    (key,) = await keys.all(tenant_id)
    said = client.headers["Authorization"]
    for wrong in (
        "",
        "Bearer",
        "Bearer tb_x",
        "Basic dGI6eA==",
        said[:-1],
        said + "x",
        said.replace("tb_", "tc_"),
    ):
        client.headers["Authorization"] = wrong
        refused = await client.get(f"{API}/me")
        assert (refused.status_code, code_of(refused)) == (401, "api.not_signed_in")
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert said.split()[1] not in refused.text
    client.headers["Authorization"] = said
    assert (await client.get(f"{API}/me")).status_code == 200
    await keys.revoke(tenant_id, key.id, by=BOSS)
    assert (await client.get(f"{API}/me")).status_code == 401


@pytest.mark.req("P21")
async def test_a_session_changes_things_only_with_its_token_and_from_our_pages(house: ApiHouse) -> None:
    client, came = await house.console.signed_in(Role.TENANT_ADMIN)
    assert (await client.get(RECORDS)).status_code == 200
    sent = {"X-CSRF-Token": came.session.csrf}
    for headers in ({}, {"X-CSRF-Token": "x"}, {**sent, "origin": "https://evil.test"}):
        refused = await client.post(f"{API}/syncs", json={}, headers=headers)
        assert (refused.status_code, code_of(refused)) == (403, "api.csrf")
    assert (await client.post(f"{API}/syncs", json={}, headers=sent)).status_code == 202


@pytest.mark.req("P21")
async def test_one_company_sees_nothing_of_another(house: ApiHouse) -> None:
    other = await house.console.company("birch")
    stranger = await house.keyed(tenant=other)
    alert, hold, place = await house.alerted(), await house.held(["501"]), house.copy.connection_id
    for address in (
        "connections",
        "streams",
        "feeds/freshness",
        "plan",
        "streams/rfis/records",
        "runs",
        "log",
    ):
        assert (await stranger.get(f"{API}/{address}")).json()["items"] == [], address
    for address in (
        "queue",
        "queue/jobs",
        "alerts",
        "deletions",
        "webhooks",
        "webhooks/deliveries",
        "people",
    ):
        assert (await stranger.get(f"{API}/{address}")).json()["items"] == [], address
    for address in ("records/rfis/501", f"alerts/{alert}", f"deletions/{hold}", f"connections/{place}"):
        assert (await stranger.get(f"{API}/{address}")).status_code == 404, address
    for address in (f"alerts/{alert}/acknowledge", f"deletions/{hold}/approve", "records/rfis/501/refresh"):
        assert (await stranger.post(f"{API}/{address}")).status_code == 404, address
    asked = await stranger.post(f"{API}/syncs", json={"connection": str(place)})
    assert asked.status_code == 404
    own = await house.keyed()
    assert len((await own.get(RECORDS)).json()["items"]) == 2 * RFIS
    assert (await own.get(f"{API}/deletions/{hold}")).json()["status"] == "waiting"


@pytest.mark.req("P21")
async def test_people_see_the_records_of_their_projects_alone(house: ApiHouse) -> None:
    client, came = await house.console.signed_in(Role.OPERATOR, projects=["6"])
    client.headers["X-CSRF-Token"] = came.session.csrf
    hold = await house.held(["501"])
    assert {one["project_id"] for one in await walked(client, f"{RECORDS}?limit=5")} == {"6"}
    projects = await walked(client, f"{API}/streams/projects/records")
    assert [one["key"] for one in projects] == ["6"]
    assert (await client.get(f"{RECORDS}?project=5")).status_code == 404
    for address in (
        "records/rfis/501",
        "records/rfis/501/versions",
        "records/rfis/501/diff",
        "records/projects/5",
    ):
        assert (await client.get(f"{API}/{address}")).status_code == 404, address
    assert (await client.get(f"{API}/deletions/{hold}")).status_code == 404
    assert (await client.post(f"{API}/deletions/{hold}/approve")).status_code == 404
    assert (await client.post(f"{API}/syncs", json={"project": "5"})).status_code == 404
    assert {one["project_id"] for one in await walked(client, f"{API}/log?limit=3")} <= {None, "6"}
    streams = {one["view"]: one["live"] for one in await walked(client, f"{API}/streams")}
    assert (streams["rfis"], streams["projects"]) == (RFIS, 1)
    heat = (await client.get(f"{API}/feeds/freshness")).json()["items"][0]
    assert {line["project_id"] for line in heat["lines"]} == {None, "6"}
    planned = (await client.get(f"{API}/plan")).json()["items"][0]["calls"]
    assert {call["project_id"] for call in planned} <= {None, "6"}


@pytest.mark.req("P21")
async def test_people_see_the_jobs_of_their_projects_alone(house: ApiHouse) -> None:
    client, _ = await house.console.signed_in(Role.OPERATOR, projects=["6"])
    key = await house.keyed()
    for wanted in ({}, {"project": "5"}, {"project": "6"}, {"view": "rfis", "key": "501"}):
        assert (await key.post(f"{API}/syncs", json=wanted)).json()["queued"] == 1
    assert len(await walked(key, f"{API}/queue/jobs")) == 4
    seen = [one["key"] for one in await walked(client, f"{API}/queue/jobs")]
    assert len(seen) == 2
    assert not [one for one in seen if "501" in one or "/5/" in one]


@pytest.mark.parametrize("limit", [1, 5, 7, 24, 500])
async def test_a_walk_over_the_pages_meets_every_record_once(house: ApiHouse, limit: int) -> None:
    client = await house.keyed()
    found = await walked(client, f"{RECORDS}?limit={limit}")
    keys = [(one["project_id"], one["key"]) for one in found]
    assert len(keys) == len(set(keys)) == 2 * RFIS
    assert (await client.get(f"{RECORDS}?limit=501")).status_code == 422


async def test_a_walk_goes_on_while_records_change(house: ApiHouse) -> None:
    client = await house.keyed()
    first = (await client.get(f"{RECORDS}?limit=10")).json()
    await house.change_rfi(int(first["items"][0]["key"]), "changed")
    await house.change_rfi(611, "changed")
    rest = await walked(client, f"{RECORDS}?limit=10&cursor={first['next']}")
    keys = [one["key"] for one in first["items"] + rest]
    assert len(keys) == len(set(keys)) == 2 * RFIS


async def test_every_list_that_has_pages_is_walked_once(house: ApiHouse) -> None:
    client = await house.keyed()
    await house.change_rfi(501, "changed")
    for address, name in (("log", "id"), ("runs", "id"), ("audit", "number")):
        whole = [one[name] for one in await walked(client, f"{API}/{address}?limit=500")]
        steps = [one[name] for one in await walked(client, f"{API}/{address}?limit=1")]
        assert steps == whole, address
        assert whole, address
    versions = await walked(client, f"{API}/records/rfis/501/versions?limit=1")
    assert [one["version"] for one in versions] == [1, 2]


@pytest.mark.parametrize(
    "cursor", ["x", "WyJ4IiwxXQ", "bnVsbA", "W10", "%00", "e30", "WzEsIlx1MDAwMCJd", "WzFlMzAsIiJd"]
)
async def test_a_cursor_of_something_else_is_refused(house: ApiHouse, cursor: str) -> None:
    answer = await (await house.keyed()).get(f"{RECORDS}?cursor={cursor}")
    assert (answer.status_code, code_of(answer)) in ((400, "api.cursor"), (400, "api.odd_text"))


@pytest.mark.req("R15")
async def test_records_are_chosen_by_project_change_content_and_state(house: ApiHouse) -> None:
    client = await house.keyed()
    before = house.copy.desk.clock.now() + timedelta(seconds=1)
    await house.change_rfi(503, "Where does the 100 % water_stop go?")
    moment = before.isoformat().replace("+00:00", "Z")
    assert [one["key"] for one in await walked(client, f"{RECORDS}?changed_since={moment}")] == ["503"]
    for search, keys in (
        ("water_STOP", ["503"]),
        ("100 %", ["503"]),
        ("waterXstop", []),
        ("question 60", None),
    ):
        answer = await client.get(RECORDS, params={"search": search})
        found = [one["key"] for one in answer.json()["items"]]
        assert found == keys if keys is not None else len(found) == 10
    assert len(await walked(client, f"{RECORDS}?project=5")) == RFIS
    assert await walked(client, f"{RECORDS}?state=deleted") == []
    assert len(await walked(client, f"{RECORDS}?state=any")) == 2 * RFIS


@pytest.mark.req("R15")
async def test_a_record_is_shown_as_it_is_as_it_was_and_what_changed(house: ApiHouse) -> None:
    client = await house.keyed()
    before = house.copy.desk.clock.now().isoformat().replace("+00:00", "Z")
    await house.change_rfi(501, "Changed")
    address = f"{API}/records/rfis/501"
    now = (await client.get(address)).json()
    then = (await client.get(address, params={"as_of": before})).json()
    assert (now["version"], now["payload"]["subject"]) == (2, "Changed")
    assert (then["version"], then["payload"]["subject"]) == (1, "Question 501")
    assert (await client.get(address, params={"as_of": "2001-01-01T00:00:00Z"})).status_code == 404
    changed = {one["path"]: one for one in (await client.get(f"{address}/diff")).json()["differences"]}
    assert (changed["subject"]["before"], changed["subject"]["after"]) == ("Question 501", "Changed")
    assert (await client.get(f"{address}/diff?before=1&after=9")).status_code == 404


async def test_what_was_read_before_is_not_sent_again(house: ApiHouse) -> None:
    client, tag = await house.keyed(), ""
    for address in (f"{API}/records/rfis/501", f"{API}/schedules/procore.sync", RECORDS):
        first = await client.get(address)
        tag = first.headers["etag"]
        assert tag.startswith('"')
        for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            again = await client.get(address, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert (await client.get(address, headers={"If-None-Match": '"x"'})).status_code == 200
    await house.change_rfi(501, "Changed")
    assert (await client.get(RECORDS)).headers["etag"] != tag


async def test_nothing_is_changed_by_who_goes_by_an_older_form(house: ApiHouse) -> None:
    client = await house.keyed()
    address = f"{API}/schedules/procore.sync"
    tag = (await client.get(address)).headers["etag"]
    wanted = {"enabled": True, "every_seconds": 300}
    set_ = await client.put(address, json=wanted, headers={"If-Match": tag})
    assert (set_.status_code, set_.json()["every_seconds"]) == (200, 300)
    late = await client.put(
        address, json={"enabled": False, "every_seconds": None}, headers={"If-Match": tag}
    )
    assert (late.status_code, code_of(late)) == (412, "api.changed_meanwhile")
    assert (await client.get(address)).json()["enabled"] is True
    assert (await client.get(address)).headers["etag"] == set_.headers["etag"]
    alert = f"{API}/alerts/{await house.alerted()}"
    tag = (await client.get(alert)).headers["etag"]
    assert (await client.post(f"{alert}/acknowledge", headers={"If-Match": '"x"'})).status_code == 412
    taken = await client.post(f"{alert}/acknowledge", headers={"If-Match": tag})
    assert (taken.status_code, taken.json()["status"]) == (200, "acknowledged")
    assert (await client.post(f"{alert}/acknowledge")).status_code == 409


@pytest.mark.req("Q3", "Q5", "R19")
async def test_everything_a_project_a_record_or_one_connection_is_read_now(house: ApiHouse) -> None:
    client, place = await house.keyed(), str(house.copy.connection_id)
    wishes: tuple[dict[str, str], ...] = (
        {},
        {"connection": place},
        {"project": "5"},
        {"view": "rfis"},
        {"view": "rfis", "key": "501"},
    )
    assert [(await client.post(f"{API}/syncs", json=one)).json()["queued"] for one in wishes] == [
        1,
        0,
        1,
        1,
        1,
    ]
    asked = {
        (one["kind"], one["key"].removeprefix(f"{place}/"))
        for one in await walked(client, f"{API}/queue/jobs")
    }
    assert asked == {
        ("procore.sync", place),
        ("procore.refresh", "5/*/routine"),
        ("procore.refresh", "*/procore.rfis/routine"),
        ("procore.refresh", "project_id=5/procore.rfis/501"),
    }
    for wrong, status in (
        ({"key": "501"}, 422),
        ({"view": "nothing"}, 404),
        ({"view": "rfis", "key": "0"}, 404),
    ):
        assert (await client.post(f"{API}/syncs", json=wrong)).status_code == status
    acts = [one["act"] for one in await walked(client, f"{API}/audit?act=sync")]
    assert acts == ["sync.asked"] * len(wishes)


async def test_the_same_request_under_one_key_is_done_once(house: ApiHouse) -> None:
    client = await house.keyed()
    headers, address = {"Idempotency-Key": "a-1"}, f"{API}/syncs"
    first = await client.post(address, json={"project": "5"}, headers=headers)
    again = await client.post(address, json={"project": "5"}, headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await walked(client, f"{API}/audit?act=sync")) == 1
    other = await client.post(address, json={"project": "6"}, headers=headers)
    assert (other.status_code, code_of(other)) == (422, "api.idempotency_key_reused")
    elsewhere = await client.post(f"{API}/queue/run", headers=headers)
    assert elsewhere.status_code == 422
    neighbour = await house.keyed()
    assert (await neighbour.post(address, json={"project": "6"}, headers=headers)).status_code == 202
    house.console.clock.advance(KEPT_FOR.total_seconds() + 1)
    assert (await client.post(address, json={"project": "6"}, headers=headers)).status_code == 202
    wrong = await client.post(address, json={}, headers={"Idempotency-Key": "x" * 201})
    assert (wrong.status_code, code_of(wrong)) == (400, "api.idempotency_key")


async def test_the_same_request_at_once_is_done_once(house: ApiHouse) -> None:
    client = await house.keyed()
    hold = await house.held(["501", "502"])
    asked = [
        client.post(f"{API}/deletions/{hold}/approve", headers={"Idempotency-Key": "b-1"}) for _ in range(8)
    ]
    answers = await asyncio.gather(*asked)
    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) <= {200, 409}
    done = [answer for answer in answers if answer.status_code == 200]
    assert done
    assert {answer.json()["records"] for answer in done} == {2}
    assert {code_of(one) for one in answers if one.status_code == 409} <= {"api.in_progress"}
    assert len(await walked(client, f"{API}/audit?act=deletions")) == 1
    assert {one["key"] for one in await walked(client, f"{RECORDS}?state=deleted")} == {"501", "502"}


async def test_a_request_that_failed_may_be_made_again_under_its_key(house: ApiHouse) -> None:
    client, headers = await house.keyed(), {"Idempotency-Key": "c-1"}
    address = f"{API}/deletions/1/approve"
    assert (await client.post(address, headers=headers)).status_code == 404
    assert await house.held(["501"]) == 1
    assert (await client.post(address, headers=headers)).status_code == 200


async def test_a_request_that_was_cut_off_holds_its_key_for_a_while(house: ApiHouse) -> None:
    client = await house.keyed()
    address, headers = f"{API}/queue/run", {"Idempotency-Key": "d-1"}
    done = await client.post(address, headers=headers)
    async with house.console.store.transaction(house.console.tenant.id) as tx:
        await tx.run("update tiebeam.idempotency set status = null, body = null")
    busy = await client.post(address, headers=headers)
    assert (done.status_code, busy.status_code, code_of(busy)) == (202, 409, "api.in_progress")
    assert busy.headers["retry-after"] == "1"
    house.console.clock.advance((STUCK_AFTER + timedelta(seconds=1)).total_seconds())
    assert (await client.post(address, headers=headers)).status_code == 202


async def test_a_secret_is_shown_once_and_kept_nowhere(house: ApiHouse) -> None:
    client, headers = await house.keyed(), {"Idempotency-Key": "e-1"}
    wanted = {"name": "Warehouse", "scopes": ["records.read"]}
    made = await client.post(f"{API}/keys", json=wanted, headers=headers)
    secret = made.json()["secret"]
    assert made.status_code == 201
    again = await client.post(f"{API}/keys", json=wanted, headers=headers)
    assert (again.status_code, code_of(again)) == (409, "api.answer_not_kept")
    assert secret not in again.text + (await client.get(f"{API}/keys")).text
    async with house.console.store.transaction(house.console.tenant.id) as tx:
        assert not await tx.rows(
            "select 1 from tiebeam.idempotency i where strpos(i::text, %(s)s) > 0 or body is not null",
            {"s": secret},
        )
    other = house.console.stranger()
    other.headers["Authorization"] = f"Bearer {secret}"
    assert (await other.get(RECORDS)).status_code == 200
    rotated = await client.post(f"{API}/keys/{made.json()['key']['id']}/rotate")
    assert rotated.status_code == 201
    for one in (made, rotated):
        assert (await client.delete(one.headers["location"])).status_code == 200
    assert (await other.get(RECORDS)).status_code == 401


async def test_nobody_gives_a_key_more_than_they_have(house: ApiHouse) -> None:
    client = await house.keyed([P.KEYS_MANAGE, P.RECORDS_READ])
    wide = await client.post(f"{API}/keys", json={"name": "wide", "scopes": ["audit.read"]})
    assert (wide.status_code, code_of(wide)) == (403, "input.not_allowed")


async def test_people_are_added_changed_and_shut_out(house: ApiHouse) -> None:
    client = await house.keyed()
    new = {"email": "Ana@alder.test", "name": "Ana", "role": "office", "project_ids": ["5"]}
    made = await client.post(f"{API}/people", json=new)
    assert (made.status_code, made.json()["email"]) == (201, "ana@alder.test")
    address = made.headers["location"]
    tag = (await client.get(address)).headers["etag"]
    wanted = {"role": "leadership", "active": False, "project_ids": None}
    changed = await client.put(address, json=wanted, headers={"If-Match": tag})
    assert {name: changed.json()[name] for name in wanted} == wanted
    assert (await client.put(address, json=wanted, headers={"If-Match": tag})).status_code == 412
    assert (await client.post(f"{API}/people", json=new)).status_code == 400


async def test_only_json_and_not_too_much_of_it_is_taken(house: ApiHouse) -> None:
    client, address = await house.keyed(), f"{API}/syncs"
    form = await client.post(address, data={"project": "5"})
    assert (form.status_code, code_of(form)) == (415, "api.not_json")
    large = await client.post(address, json={"project": "x" * BODY_BYTES_MAX})
    assert (large.status_code, code_of(large)) == (413, "api.too_large")

    async def pieces() -> AsyncIterator[bytes]:
        yield b"{}"

    unsaid = await client.post(address, content=pieces(), headers={"Content-Type": "application/json"})
    assert (unsaid.status_code, code_of(unsaid)) == (411, "api.no_length")
    for wrong in (b"{", b"[]", b'{"project": "\\u0000"}', b'{"project": "\\ud800"}', b'{"odd": 1}'):
        answer = await client.post(address, content=wrong, headers={"Content-Type": "application/json"})
        assert (answer.status_code, code_of(answer)) == (422, "api.values"), wrong
    torn = await client.post(address, content=b"\xff", headers={"Content-Type": "application/json"})
    assert (torn.status_code, code_of(torn)) == (400, "api.http_400")


async def test_whoever_asks_too_often_is_told_to_wait(house: ApiHouse) -> None:
    client, other = await house.keyed(), await house.keyed()
    api = create_api(house.console.house, calls_per_minute=3)
    for one in (client, other):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=api), base_url="http://api.test", headers=one.headers
        ) as small:
            answers = [await small.get("/me") for _ in range(4)]
            assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
            assert code_of(answers[-1]) == "api.too_often"
            assert answers[0].headers["ratelimit"] == '"default";r=2;t=60'
            assert 0 < int(answers[-1].headers["retry-after"]) <= 60
            house.console.clock.advance(61)
            assert (await small.get("/me")).status_code == 200


async def test_what_is_not_there_is_a_problem_too(house: ApiHouse) -> None:
    client = await house.keyed()
    for address in ("/", "/nothing", "/me/", "/records/nothing/1", "/records/rfis/a%0Ab"):
        answer = await client.get(API + address)
        assert answer.status_code == 404, address
        code_of(answer)
    wrong = await client.delete(f"{API}/me")
    assert (wrong.status_code, code_of(wrong), wrong.headers["allow"]) == (405, "api.http_405", "GET")
    assert (await client.get(f"{RECORDS}?search=%00")).status_code == 400


@pytest.mark.req("P17")
async def test_the_reference_page_names_every_operation_and_fetches_nothing(house: ApiHouse) -> None:
    stranger = house.console.stranger()
    document = (await stranger.get(f"{API}/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    index = await stranger.get(f"{API}/docs")
    links = sorted(set(re.findall(rf'href="({API}/docs/[a-z]+)"', index.text)))
    pages = {link: await stranger.get(link) for link in links}
    for path, item in document["paths"].items():
        for method, one in item.items():
            code = f"<code>{method.upper()} {path}</code>"
            assert code in index.text
            assert code in pages[f"{API}/docs/{one['tags'][-1]}"].text
    for page in (index, *pages.values()):
        assert page.status_code == 200
        assert len(page.content) < 100_000
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)
        anchors = set(re.findall(r'href="#([^"]+)"', page.text))
        assert anchors - {"main"} <= set(re.findall(r'id="([^"]+)"', page.text))
        assert "unsafe" not in page.headers["content-security-policy"]
    elsewhere = re.findall(rf'href="({API}/docs/[a-z]+)#([^"]+)"', index.text)
    assert all(f'id="{anchor}"' in pages[link].text for link, anchor in elsewhere)
    assert (await stranger.get(f"{API}/docs/nothing")).status_code == 404


@pytest.mark.req("P17")
async def test_swagger_is_served_from_here_alone(house: ApiHouse) -> None:
    stranger = house.console.stranger()
    page = await stranger.get(f"{API}/swagger")
    assert page.status_code == 200
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)
    assert "unsafe" not in page.headers["content-security-policy"]
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "swagger.js"):
        (address,) = re.findall(rf'"(/static/[0-9a-f]+/{name})"', page.text)
        assert (await stranger.get(address)).status_code == 200
