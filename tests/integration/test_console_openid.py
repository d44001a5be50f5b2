"""Coming in at the door by OpenID Connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.console import ADDRESS, console
from tests.factories.openid import ISSUER, FakeProvider

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("W12")


@pytest.fixture
def fake(clock: ManualClock) -> FakeProvider:
    return FakeProvider(clock, claims={"groups": ["office"]})


@pytest.fixture
async def house(
    store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path, fake: FakeProvider
) -> AsyncIterator[Console]:
    provider = {"oidc_issuer": ISSUER, "oidc_client_id": "tiebeam", "oidc_client_secret": "s3cret"}
    groups = {"oidc_groups": "office=office", "public_url": ADDRESS}
    async with console(store, clock, tenant, tmp_path, fake, **provider, **groups) as made:
        yield made


async def test_the_provider_vouches_and_somebody_is_in(house: Console, fake: FakeProvider) -> None:
    client = house.stranger()
    assert "Sign in with your company" in (await client.get("/sign-in")).text
    away = await client.get("/sign-in/openid", params={"next": "/sign-in?a=b"})
    assert away.headers["location"].startswith(ISSUER)
    assert "s3cret" not in away.headers["location"]
    back = await client.get("/sign-in/openid/back", params=fake.grant(away.headers["location"]))
    assert (back.status_code, back.headers["location"]) == (303, "/sign-in?a=b")
    assert (await client.get("/")).status_code == 200


async def test_a_return_that_nobody_began_or_that_comes_twice_lets_nobody_in(
    house: Console, fake: FakeProvider
) -> None:
    client = house.stranger()
    away = await client.get("/sign-in/openid")
    granted = fake.grant(away.headers["location"])
    other = house.stranger()
    assert (await other.get("/sign-in/openid/back", params=granted)).status_code == 401
    assert (await client.get("/sign-in/openid/back", params={"error": "access_denied"})).status_code == 401
    assert (await client.get("/")).status_code == 303


async def test_where_no_provider_is_set_nobody_is_sent_anywhere(
    store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path
) -> None:
    async with console(store, clock, tenant, tmp_path) as made:
        client = made.stranger()
        assert "company's account" not in (await client.get("/sign-in")).text
        assert (await client.get("/sign-in/openid")).status_code == 400
