"""What stands before every page: the walk of every role over every route, and what browsers are told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.factories.console import PASSWORD, console
from tests.factories.webhooks import connected

from tiebeam.identity.model import Role
from tiebeam.identity.permissions import GRANTS
from tiebeam.web.guard import SESSION_COOKIE, safe_next
from tiebeam.web.pages.table import ROWS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store
    from tiebeam.web.routes import Row

PARAMETER = re.compile(r"\{[a-z_]+(:[a-z]+)?\}")


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


def address_of(row: Row) -> str:
    return PARAMETER.sub("1", row.path)


@pytest.mark.req("P17", "P21", "W12")
@pytest.mark.parametrize("role", Role)
async def test_every_role_gets_what_the_table_grants_and_no_more(house: Console, role: Role) -> None:
    client, came = await house.signed_in(role)
    for row in ROWS:
        if row.permission is None or row.path in ("/sign-out", "/account/sessions/end"):
            continue
        data = {"csrf": came.session.csrf} if row.method == "POST" else None
        answer = await client.request(row.method, address_of(row), data=data)
        granted = row.permission in GRANTS[role]
        assert (answer.status_code != 403) == granted, (row.path, role, answer.status_code)
        assert answer.status_code < 500, (row.path, role, answer.text)


@pytest.mark.req("P21")
async def test_nobody_gets_past_the_door_without_a_session(house: Console) -> None:
    client = house.stranger()
    for token in (None, "", "x" * 43, "../etc/passwd"):
        client.cookies.clear()
        if token is not None:
            client.cookies.set(SESSION_COOKIE, token)
        for row in ROWS:
            if row.permission is None:
                continue
            answer = await client.request(row.method, address_of(row))
            assert answer.status_code == 303, row.path
            assert answer.headers["location"].startswith("/sign-in"), row.path


@pytest.mark.req("P21")
async def test_one_company_sees_nothing_of_another(house: Console, store: Store) -> None:
    other = await house.company("birch")
    await connected(store, other.id)
    stranger, _ = await house.signed_in(Role.TENANT_ADMIN)
    own, _ = await house.signed_in(Role.TENANT_ADMIN, tenant=other)
    assert "Nothing is connected yet" in (await stranger.get("/")).text
    assert "Nothing is connected yet" not in (await own.get("/")).text


async def test_signing_in_and_out(house: Console) -> None:
    _, came = await house.signed_in(Role.OFFICE)
    client = house.stranger()
    form = {"email": came.person.email, "password": "wrong wrong wrong", "next": "/"}
    refused = await client.post("/sign-in", data=form)
    assert (refused.status_code, SESSION_COOKIE in refused.cookies) == (401, False)
    assert "wrong wrong wrong" not in refused.text
    house.clock.advance(60)
    answer = await client.post("/sign-in", data={**form, "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = await client.get("/")
    assert page.status_code == 200
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
    assert (await client.post("/sign-out", data={"csrf": csrf})).status_code == 303
    client.cookies.set(SESSION_COOKIE, came.token)
    assert (await client.get("/")).status_code == 200
    assert (await client.get("/nowhere")).status_code == 404


async def test_guesses_are_slowed_down(house: Console) -> None:
    _, came = await house.signed_in(Role.OFFICE)
    client = house.stranger()
    statuses = []
    for _ in range(12):
        form = {"email": came.person.email, "password": "wrong wrong wrong"}
        statuses.append((await client.post("/sign-in", data=form)).status_code)
    assert statuses[0] == 401
    assert statuses[-1] == 429
    right = await client.post("/sign-in", data={"email": came.person.email, "password": PASSWORD})
    assert right.status_code == 429


async def test_a_form_of_another_page_or_without_its_token_does_nothing(house: Console) -> None:
    client, came = await house.signed_in(Role.OFFICE)
    token = {"csrf": came.session.csrf}
    for headers in ({"origin": "https://evil.test"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert (await client.post("/sign-out", data=token, headers=headers)).status_code == 403
        assert (await client.post("/sign-in", data={}, headers=headers)).status_code == 403
    for wrong in ({}, {"csrf": ""}, {"csrf": came.session.csrf[:-1] + "x"}, {"csrf": "é"}):
        assert (await client.post("/sign-out", data=wrong)).status_code == 403
    assert (await client.get("/")).status_code == 200


async def test_what_browsers_are_told(house: Console) -> None:
    client, _ = await house.signed_in(Role.TENANT_ADMIN)
    for path in ("/", "/sign-in", "/nowhere", "/healthz"):
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
    page = await client.get("/")
    assert page.headers["cache-control"] == "no-store"
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        asset = await client.get(address)
        assert (asset.status_code, "immutable" in asset.headers["cache-control"]) == (200, True)
    assert "style=" not in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/static/0/tiebeam.css",
        "/static/0/..%2Fapp.py",
        "/static/../app.py",
        "/static/0/%2e%2e/app.py",
        "/static/0/base.html",
        "/static//etc/passwd",
    ],
)
async def test_nothing_else_of_the_disk_is_served(house: Console, path: str) -> None:
    assert (await house.stranger().get(path)).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test/",
        "\\\\evil.test",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x",
        "/\r\nSet-Cookie: x=1",
        "http:evil.test",
        "",
    ],
)
async def test_nobody_is_sent_elsewhere_after_signing_in(house: Console, asked: str) -> None:
    _, came = await house.signed_in(Role.OFFICE)
    client = house.stranger()
    form = {"email": came.person.email, "password": PASSWORD, "next": asked}
    answer = await client.post("/sign-in", data=form)
    assert answer.headers["location"] in ("/", "/%0d%0aSet-Cookie:x")
    assert "x" not in answer.cookies


def test_our_own_paths_are_kept() -> None:
    assert safe_next("/records/rfis?search=a%20b&page=2") == "/records/rfis?search=a%20b&page=2"
