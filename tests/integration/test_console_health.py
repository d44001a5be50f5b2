"""The page of whoever runs Tiebeam for many companies: how each stands, and nothing of what it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.factories.console import console
from tests.factories.console_records import Shelf

from tiebeam.identity.model import Role
from tiebeam.operations.tokens.model import NotConnectedError, Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

pytestmark = pytest.mark.req("P17", "P18", "P21")

SUBJECT = "Which anchor at the secret vault?"
LOST = NotConnectedError("Somebody named Gwendolyn took it back.", action="Connect.", code="procore.lost")


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


async def test_every_company_is_there_with_its_state_and_none_of_its_data(
    house: Console, store: Store, tenant: Tenant
) -> None:
    shelf = await Shelf.opened(store, tenant.id)
    await shelf.add("rfis", 815, {"id": 815, "subject": SUBJECT})
    other = await house.company("birch")
    lost = await Shelf.opened(store, other.id)
    grants = (await house.house.app(other.id)).grants
    await grants.set_status(other.id, lost.connection_id, Status.ERROR, LOST)
    client, _ = await house.signed_in(Role.SAAS_ADMIN)
    page = await client.get("/health")
    assert page.status_code == 200
    alder, birch = (_row(page.text, slug) for slug in ("alder", "birch"))
    assert "connected 1" in alder
    assert "1 read" in alder
    assert "procore.lost 1" in birch
    for secret in (SUBJECT, "815", "Gwendolyn", str(shelf.connection_id), "1000"):
        assert secret not in page.text, secret


async def test_it_is_all_that_they_see(house: Console, store: Store, tenant: Tenant) -> None:
    shelf = await Shelf.opened(store, tenant.id)
    await shelf.add("rfis", 815, {"id": 815, "subject": SUBJECT})
    client, _ = await house.signed_in(Role.SAAS_ADMIN)
    for path in ("/", "/records", "/records/rfis/815", "/runs", "/queue", "/settings", "/audit", "/alerts"):
        answer = await client.get(path)
        assert answer.status_code == 403, path
        assert SUBJECT not in answer.text
    admin, _ = await house.signed_in(Role.TENANT_ADMIN)
    assert (await admin.get("/health")).status_code == 403


def _row(page: str, slug: str) -> str:
    return next(row for row in page.split("<tr>") if f">{slug}</small>" in row)
