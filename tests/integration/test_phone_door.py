"""The phone's door and what a phone keeps: enrolled by a code, in by a PIN, and all of one version."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.console import ADDRESS, PASSWORD, console

from tiebeam.identity.model import Role
from tiebeam.operations.audit.model import Actor
from tiebeam.web import bundle
from tiebeam.web.guard import SESSION_COOKIE
from tiebeam.web.pages.phone_door import DEVICE_COOKIE, HERE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.identity.model import Person, Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P25")

PIN = "482913"


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


async def foreman(house: Console, name: str = "Finn") -> Person:
    """Return somebody of the field with a PIN."""
    by, home = Actor.command("tests"), house.house
    person = await home.accounts.add_person(
        house.tenant.id, email=f"{name.lower()}@alder.test", name=name, role=Role.FIELD, by=by
    )
    return await home.devices.set_pin(house.tenant.id, person.id, PIN, by=by)


async def enrolled(house: Console) -> httpx.AsyncClient:
    """Return a phone that was just enrolled."""
    phone = house.stranger()
    _, code = await house.house.devices.invite(house.tenant.id, name="North", by=Actor.command("tests"))
    answer = await phone.post(f"{HERE}/enrol", data={"code": code.lower()})
    assert answer.status_code == 200, answer.text
    return phone


async def told(phone: httpx.AsyncClient) -> dict[str, Any]:
    found = (await phone.get(HERE)).json()
    assert isinstance(found, dict)
    return found


async def test_a_phone_is_enrolled_and_somebody_comes_in_and_goes(house: Console) -> None:
    finn = await foreman(house)
    assert await told(house.stranger()) == {"device": None, "people": [], "viewer": None}
    phone = await enrolled(house)
    assert await told(phone) == {
        "device": {"name": "North", "company": house.tenant.name},
        "people": [{"id": str(finn.id), "name": "Finn"}],
        "viewer": None,
    }
    answer = await phone.post(f"{HERE}/sign-in", data={"person": str(finn.id), "pin": PIN})
    viewer = answer.json()["viewer"]
    assert (viewer["name"], viewer["id"]) == ("Finn", str(finn.id))
    assert (await told(phone))["viewer"] == viewer
    me = (await phone.get("/api/v1/me")).json()
    assert me["permissions"] == ["field.capture"]
    assert (await phone.get("/records")).status_code == 403
    assert (await phone.post(f"{HERE}/sign-out")).json()["viewer"] is None
    assert (await told(phone))["viewer"] is None
    assert (await told(phone))["device"]["name"] == "North"


async def test_the_tokens_are_for_no_script_and_no_other_site(house: Console) -> None:
    finn, phone = await foreman(house), await enrolled(house)
    answer = await phone.post(f"{HERE}/sign-in", data={"person": str(finn.id), "pin": PIN})
    cookies = {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    assert set(cookies) == {SESSION_COOKIE, DEVICE_COOKIE}
    assert all("HttpOnly" in line for line in cookies.values())
    assert "SameSite=strict" in cookies[DEVICE_COOKIE]
    assert phone.cookies[DEVICE_COOKIE] not in answer.text
    elsewhere = {"origin": "https://evil.test"}
    for what in ("enrol", "sign-in", "sign-out"):
        assert (await phone.post(f"{HERE}/{what}", headers=elsewhere)).status_code == 403
    assert (await told(phone))["viewer"] is not None


async def test_what_does_not_open_it_is_told_in_a_sentence(house: Console) -> None:
    finn, phone = await foreman(house), await enrolled(house)
    wrong = await phone.post(f"{HERE}/enrol", data={"code": "AAAA-AAAA-AAAA"})
    assert (wrong.status_code, wrong.json()["message"][:4]) == (401, "This")
    answers = [
        await phone.post(f"{HERE}/sign-in", data={"person": str(finn.id), "pin": "482914"}) for _ in range(7)
    ]
    assert answers[0].status_code == 401
    assert answers[0].json() == {"message": "This PIN is not right.", "wait_seconds": None}
    assert answers[-1].status_code == 429
    assert answers[-1].json()["wait_seconds"] > 0
    nobody = await phone.post(f"{HERE}/sign-in", data={"person": "nobody", "pin": PIN})
    assert nobody.status_code == 400
    strange = await house.stranger().post(f"{HERE}/sign-in", data={"person": str(finn.id), "pin": PIN})
    assert strange.status_code == 401


@pytest.mark.req("P21")
async def test_a_phone_shows_the_people_of_its_own_company_alone_and_none_once_revoked(
    house: Console,
) -> None:
    await foreman(house)
    other = await house.company("birch")
    by, devices = Actor.command("tests"), house.house.devices
    stranger = await house.house.accounts.add_person(
        other.id, email="s@birch.test", name="Sam", role=Role.FIELD, by=by
    )
    await devices.set_pin(other.id, stranger.id, PIN, by=by)
    phone = await enrolled(house)
    assert [one["name"] for one in (await told(phone))["people"]] == ["Finn"]
    refused = await phone.post(f"{HERE}/sign-in", data={"person": str(stranger.id), "pin": PIN})
    assert refused.status_code == 401
    (device,) = await devices.all(house.tenant.id)
    await devices.revoke(house.tenant.id, device.id, by=by)
    assert await told(phone) == {"device": None, "people": [], "viewer": None}


async def test_the_field_lands_on_its_page_and_others_without_its_permission_are_nobody_there(
    house: Console,
) -> None:
    await house.signed_in(Role.FIELD)
    client = house.stranger()
    form = {"email": f"field-0@{house.tenant.slug}.test", "password": PASSWORD}
    answer = await client.post("/sign-in", data=form)
    assert answer.headers["location"] == "/phone"
    assert (await told(client))["viewer"]["name"] == Role.FIELD.in_words
    reader, _ = await house.signed_in(Role.LEADERSHIP)
    assert (await told(reader))["viewer"] is None


async def test_a_phone_keeps_all_that_its_page_needs(house: Console) -> None:
    client = house.stranger()
    page, worker = await client.get(bundle.PAGE), await client.get(f"{bundle.PAGE}/worker.js")
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "manifest-src 'self'" in page.headers["content-security-policy"]
    assert worker.headers["service-worker-allowed"] == bundle.PAGE
    assert worker.headers["cache-control"] == page.headers["cache-control"] == "no-cache"
    kept = json.loads(re.findall(r"^const KEPT = (.+);$", worker.text, re.MULTILINE)[0])
    for path in kept:
        assert (await client.get(path)).status_code == 200, path
    wanted = set(re.findall(r'(?:href|src)="(/[^"]+)"', page.text))
    imported = {
        bundle.part_address(name)
        for part in bundle.names()
        if part.endswith(".js")
        for name in re.findall(r'from "\./([^"]+)"', bundle.content(part).decode())
    }
    assert wanted | imported <= set(kept)
    manifest = (await client.get(f"{bundle.PAGE}/manifest.webmanifest")).json()
    assert {icon["src"] for icon in manifest["icons"]} <= set(kept)
    assert (manifest["start_url"], manifest["display"]) == (bundle.PAGE, "standalone")


@pytest.mark.parametrize(
    "path", ["/phone/app/0/main.js", "/phone/app/{}/worker.js", "/phone/app/{}/..%2Fapp.py"]
)
async def test_nothing_else_is_served_as_a_part(house: Console, path: str) -> None:
    assert (await house.stranger().get(path.format(bundle.version()))).status_code == 404
    assert (await house.stranger().get(f"{ADDRESS}{bundle.part_address('main.js')}")).status_code == 200
