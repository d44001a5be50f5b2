from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tiebeam.identity.repository import Tenants
from tiebeam.kernel.errors import BadInputError

if TYPE_CHECKING:
    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store


async def test_a_tenant_is_found_by_its_slug(store: Store, tenant: Tenant, clock: ManualClock) -> None:
    assert await Tenants(store).find("alder") == tenant
    assert tenant.created_at == clock.now()


async def test_an_unknown_slug_finds_nobody(store: Store) -> None:
    assert await Tenants(store).find("nobody") is None


async def test_a_slug_is_taken_once(store: Store, tenant: Tenant) -> None:
    with pytest.raises(BadInputError, match="already"):
        await Tenants(store).create(tenant.slug, "Another")
    assert await Tenants(store).find(tenant.slug) == tenant


@pytest.mark.parametrize("slug", ["", "Alder", "two words", "-a", "a-", "a--b", "é", "a\n"])
async def test_a_malformed_slug_is_refused(store: Store, slug: str) -> None:
    with pytest.raises(BadInputError, match="short name"):
        await Tenants(store).create(slug, "A")
