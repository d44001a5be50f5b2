"""The first person of an installation, in process: let in once, by the address that was printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.console import PASSWORD, console

from tiebeam.identity.beginning.repository import TOKEN_LASTS
from tiebeam.identity.model import Role, SignedIn
from tiebeam.identity.repository import Tenants

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("W12", "P21")

PATH = "/first-run"
EMAIL = "ada@alder.test"


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


async def begun(house: Console) -> str:
    token = await house.house.first_run.begin()
    assert token
    return token


def filled(token: str, **changed: str) -> dict[str, str]:
    known = {"token": token, "name": "Ada Alder", "company": "Alder & Sons", "email": EMAIL}
    return {**known, "password": PASSWORD, "again": PASSWORD, **changed}


async def test_whoever_has_the_address_becomes_the_administrator_once(house: Console) -> None:
    token, client = await begun(house), house.stranger()
    assert "Welcome to Tiebeam" in (await client.get(PATH, params={"token": token})).text
    made = await client.post(PATH, data=filled(token, company="Alder <Works>"))
    assert (made.status_code, made.headers["location"]) == (303, "/sign-in")
    found = await house.house.accounts.sign_in(None, EMAIL, PASSWORD, address="192.0.2.1")
    assert isinstance(found, SignedIn)
    assert (found.person.role, found.person.project_ids) == (Role.TENANT_ADMIN, None)
    assert (await Tenants(house.store).get(house.tenant.id)).name == "Alder <Works>"
    assert (await client.get(PATH, params={"token": token})).status_code == 403
    assert (await client.post(PATH, data=filled(token, email="eve@alder.test"))).status_code == 403
    assert [one.email for one in await house.house.accounts.people(house.tenant.id)] == [EMAIL]
    assert await house.house.first_run.begin() is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"again": "another one entirely"}, "not the same"),
        ({"password": "short", "again": "short"}, "5 characters"),
        ({"email": "nobody"}, "e-mail"),
        ({"name": " "}, "A name has"),
        ({"company": ""}, "A name has"),
    ],
)
async def test_what_cannot_be_taken_is_said_and_costs_nothing(
    house: Console, changed: dict[str, str], said: str
) -> None:
    token, client = await begun(house), house.stranger()
    answer = await client.post(PATH, data=filled(token, **changed))
    assert answer.status_code == 400
    assert said in answer.text
    assert PASSWORD not in answer.text
    assert await house.house.accounts.people(house.tenant.id) == []
    assert (await client.post(PATH, data=filled(token))).status_code == 303


async def test_a_token_that_is_guessed_replaced_or_old_lets_nobody_in(house: Console) -> None:
    client, first = house.stranger(), await begun(house)
    second = await begun(house)
    for token in ("", "guessed", first):
        assert (await client.get(PATH, params={"token": token})).status_code == 403
        assert (await client.post(PATH, data=filled(token))).status_code == 403
    house.clock.advance(TOKEN_LASTS.total_seconds())
    answer = await client.post(PATH, data=filled(second))
    assert answer.status_code == 403
    assert "tiebeam up" in answer.text


async def test_another_site_cannot_fill_it_in(house: Console) -> None:
    token, client = await begun(house), house.stranger()
    answer = await client.post(PATH, data=filled(token), headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert await house.house.accounts.people(house.tenant.id) == []
