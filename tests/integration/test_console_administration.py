"""People, one's own account, keys and devices, in process: what each button of their pages brings about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.factories.console import PASSWORD, console

from tiebeam.identity.model import Refused, Role, SignedIn
from tiebeam.identity.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.identity.model import Person, Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("W12", "P17", "P21")

PEOPLE, KEYS, DEVICES, ACCOUNT = "/settings/people", "/settings/keys", "/settings/devices", "/account"
SECRET = re.compile(r'<code class="secret">([^<]+)</code>')
NEW = "quite another battery"


class Office:
    """Somebody of a role who is signed in, at the forms of their pages."""

    def __init__(self, house: Console, client: httpx.AsyncClient, who: SignedIn) -> None:
        self.house, self.client, self.who = house, client, who

    async def post(self, path: str, **fields: object) -> httpx.Response:
        return await self.client.post(path, data={"csrf": self.who.session.csrf, **fields})

    async def text(self, path: str) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def acts(self) -> list[str]:
        return [one.act for one in await self.house.house.trail.entries(self.house.tenant.id, limit=100)]

    async def enters(self, email: str, password: str) -> SignedIn | Refused:
        house = self.house
        return await house.house.accounts.sign_in(house.tenant.slug, email, password, address="192.0.2.9")


@pytest.fixture
async def office(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Office]:
    async with console(store, clock, tenant, tmp_path) as house:
        yield Office(house, *await house.signed_in(Role.TENANT_ADMIN))


async def added(office: Office, role: Role = Role.OFFICE) -> tuple[Person, str]:
    """Add somebody on the page; returns them, and the password that it shows."""
    page = await office.post(PEOPLE, name="Olga", email="olga@alder.test", role=role.value)
    assert page.status_code == 200, page.text
    found = SECRET.search(page.text)
    assert found
    person = await office.house.house.accounts.find(office.house.tenant.id, "olga@alder.test")
    assert person
    return person, found[1]


async def test_somebody_is_added_with_a_password_that_is_shown_once(office: Office) -> None:
    person, password = await added(office)
    assert (person.role, person.project_ids) == (Role.OFFICE, None)
    assert password not in await office.text(f"{PEOPLE}/{person.id}")
    assert "olga@alder.test" in await office.text(PEOPLE)
    assert isinstance(await office.enters(person.email, password), SignedIn)
    again = await office.post(PEOPLE, name="Olga", email="OLGA@alder.test", role="office")
    assert again.status_code == 400
    assert "already" in again.text
    assert (await office.post(PEOPLE, name="X", email="x@alder.test", role="saas_admin")).status_code == 403
    assert (await office.post(PEOPLE, name="X", email="x@alder.test", role="king")).status_code == 400
    assert "person.added" in await office.acts()


async def test_role_projects_password_and_entry_are_changed_and_end_what_stood(office: Office) -> None:
    person, password = await added(office)
    here = f"{PEOPLE}/{person.id}"
    accounts, tenant_id = office.house.house.accounts, office.house.tenant.id
    assert isinstance(came := await office.enters(person.email, password), SignedIn)
    await office.post(f"{here}/projects", projects="some", project=["5", "6"])
    assert (await accounts.person(tenant_id, person.id)).project_ids == frozenset({"5", "6"})
    await office.post(f"{here}/projects", projects="all")
    assert (await accounts.person(tenant_id, person.id)).project_ids is None
    await office.post(f"{here}/role", role="operator")
    assert (await accounts.person(tenant_id, person.id)).role is Role.OPERATOR
    assert await accounts.session(came.token) is None
    shown = SECRET.search((await office.post(f"{here}/password")).text)
    assert shown
    assert isinstance(await office.enters(person.email, password), Refused)
    assert isinstance(came := await office.enters(person.email, shown[1]), SignedIn)
    await office.post(f"{here}/sessions/end")
    assert await accounts.session(came.token) is None
    await office.post(f"{here}/active", active="no")
    assert isinstance(await office.enters(person.email, shown[1]), Refused)
    assert "disabled" in await office.text(PEOPLE)
    await office.post(f"{here}/active", active="yes")
    assert isinstance(await office.enters(person.email, shown[1]), SignedIn)


async def test_the_last_administrator_cannot_shut_the_door_behind_themselves(office: Office) -> None:
    here = f"{PEOPLE}/{office.who.person.id}"
    for path, fields in (("role", {"role": "office"}), ("active", {"active": "no"})):
        answer = await office.post(f"{here}/{path}", **fields)
        assert answer.status_code == 400, path
        assert "administrator" in answer.text
    await office.text(PEOPLE)


async def test_nobody_of_another_company_is_found_or_changed(office: Office) -> None:
    other = await office.house.company("birch")
    _, stranger = await office.house.signed_in(Role.TENANT_ADMIN, tenant=other)
    here = f"{PEOPLE}/{stranger.person.id}"
    assert (await office.client.get(here)).status_code == 400
    for path in ("role", "projects", "active", "password", "pin", "sessions/end"):
        assert (await office.post(f"{here}/{path}", role="office", pin="482913")).status_code == 400, path
    assert await office.house.house.accounts.session(stranger.token) is not None
    assert stranger.person.email not in await office.text(PEOPLE)


async def test_ones_own_password_is_changed_and_every_other_session_ends(office: Office) -> None:
    email, accounts = office.who.person.email, office.house.house.accounts
    assert isinstance(other := await office.enters(email, PASSWORD), SignedIn)
    assert await office.text(ACCOUNT)
    for fields, said in (
        ({"old": "not it", "new": NEW, "again": NEW}, "password"),
        ({"old": PASSWORD, "new": NEW, "again": "a slip"}, "not the same"),
    ):
        answer = await office.post(f"{ACCOUNT}/password", **fields)
        assert answer.status_code == 400
        assert said in answer.text
    weak = await office.post(f"{ACCOUNT}/password", old=PASSWORD, new="123", again="123")
    assert weak.status_code == 400
    changed = await office.post(f"{ACCOUNT}/password", old=PASSWORD, new=NEW, again=NEW)
    assert changed.headers["location"] == ACCOUNT
    assert await accounts.session(other.token) is None
    assert "The password is changed" in await office.text(ACCOUNT)
    assert isinstance(await office.enters(email, PASSWORD), Refused)
    await office.post(f"{ACCOUNT}/sessions/end")
    assert (await office.client.get(ACCOUNT)).headers["location"].startswith("/sign-in")


async def test_a_key_is_made_used_replaced_and_revoked(office: Office) -> None:
    assert (await office.post(KEYS, name="Nothing")).status_code == 400
    wrong = await office.post(KEYS, name="X", scope="health.read_all_tenants")
    assert wrong.status_code == 400
    made = await office.post(KEYS, name="Reports", scope=["records.read", "health.read"], days="30")
    first = SECRET.search(made.text)
    assert first
    assert first[1] not in await office.text(KEYS)
    keys = office.house.house.keys
    program = office.house.stranger()

    async def opens(secret: str, path: str) -> int:
        answer = await program.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}"})
        return answer.status_code

    assert [await opens(first[1], path) for path in ("/health", "/audit")] == [200, 403]
    (key,) = await keys.all(office.house.tenant.id)
    assert key.scopes == {Permission.RECORDS_READ, Permission.HEALTH_READ}
    assert "never" not in (await office.text(KEYS)).split("Last used")[1].split("</tr>")[1]
    second = SECRET.search((await office.post(f"{KEYS}/rotate", key=str(key.id))).text)
    assert second
    assert second[1] != first[1]
    assert await opens(second[1], "/health") == 200
    for one in await keys.all(office.house.tenant.id):
        if one.stands(office.house.clock.now()):
            await office.post(f"{KEYS}/revoke", key=str(one.id))
    assert [await opens(secret, "/health") for secret in (first[1], second[1])] == [401, 401]
    assert {"key.made", "key.rotated", "key.revoked"} <= set(await office.acts())


async def test_a_device_is_enrolled_by_its_code_let_in_by_pin_and_revoked(office: Office) -> None:
    person, _ = await added(office, Role.FIELD)
    weak = await office.post(f"{PEOPLE}/{person.id}/pin", pin="1234")
    assert weak.status_code == 400
    await office.post(f"{PEOPLE}/{person.id}/pin", pin="482913")
    shown = SECRET.search((await office.post(DEVICES, name="North tablet")).text)
    assert shown
    assert shown[1] not in await office.text(DEVICES)
    assert "waits for its code" in await office.text(DEVICES)
    devices = office.house.house.devices
    enrolled = await devices.enrol(shown[1], address="192.0.2.7")
    assert not isinstance(enrolled, Refused)
    device, token = enrolled
    came = await devices.sign_in(token, person.id, "482913", address="192.0.2.7")
    assert isinstance(came, SignedIn)
    assert "enrolled" in await office.text(DEVICES)
    await office.post(f"{DEVICES}/revoke", device=str(device.id))
    assert "revoked" in await office.text(DEVICES)
    assert await office.house.house.accounts.session(came.token) is None
    assert isinstance(await devices.sign_in(token, person.id, "482913", address="192.0.2.7"), Refused)
