"""Lists of more records than are read for one page: what is found, in which order, and nothing left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from tests.factories.console import console
from tests.factories.console_records import Shelf

from tiebeam.identity.model import Role
from tiebeam.replicate.explorer import repository

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx
    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

LOOKED_AT = 30
SIZES = {"7": 90, "8": 4, "9": 31}
ALL = [(str(n), project) for project, size in SIZES.items() for n in range(1, size + 1)]


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
async def shelf(store: Store, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "LOOK_MAX", LOOKED_AT)
    made = await Shelf.opened(store, tenant.id)
    for project, size in SIZES.items():
        # Records of the same number changed at the same moment, in every project.
        await made.many("rfis", size, project)


async def pages(client: httpx.AsyncClient, **query: str) -> list[str]:
    """Return every page of a list, as somebody leafs through it."""
    found, address = [], f"/records/rfis?{urlencode(query)}"
    while address:
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        found.append(answer.text)
        onward = re.search(r'rel="next" href="([^"]+)"', answer.text)
        address = onward[1].replace("&amp;", "&") if onward else ""
        assert len(found) <= 2 * len(ALL)
    return found


def listed(found: list[str]) -> list[tuple[str, str]]:
    return re.findall(r'/records/rfis/(\d+)\?project=(\d+)"', "".join(found))


@pytest.mark.req("Q3")
@pytest.mark.parametrize("look", [1, 7, LOOKED_AT, 5_000])
async def test_leafing_through_a_search_meets_every_match_once_and_the_newest_first(
    house: Console, monkeypatch: pytest.MonkeyPatch, look: int
) -> None:
    monkeypatch.setattr(repository, "LOOK_MAX", look)
    client, _ = await house.signed_in(Role.OFFICE)
    wanted = sorted(((int(n), p) for n, p in ALL if int(n) % 7 == 0), key=lambda one: (one[0], one[1]))
    for query in ({"q": "draft"}, {"field": "status", "op": "is", "value": "draft"}):
        seen = listed(await pages(client, **query))
        assert seen == [(str(n), project) for n, project in wanted]


async def test_a_list_says_when_it_has_not_looked_at_everything(house: Console) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    first, *_, last = await pages(client, q="draft")
    assert "Look further back" in first
    assert re.search(r"\d+ or more records in this list", first)
    assert "Look further back" not in last
    nothing = await pages(client, q="nowhere to be found")
    assert len(nothing) > 1
    assert "None so far." in nothing[0]
    assert "Nothing here fits" in nothing[-1]
    alone = await pages(client, q="draft", project="8")
    assert len(alone) == 1
    assert "looked through" not in alone[0]


async def test_an_order_by_a_field_is_among_the_newest_and_says_so(house: Console) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    whole = listed(await pages(client, sort="id", dir="desc", project="8"))
    assert whole == [(str(n), "8") for n in (4, 3, 2, 1)]
    some = await pages(client, sort="id", dir="desc")
    assert "newest or so" in some[0]
    numbers = [int(n) for n, _ in listed(some)]
    assert numbers == sorted(numbers, reverse=True)
    assert LOOKED_AT <= len(numbers) < len(ALL)
    assert {(n, p) for n, p in ALL if int(n) <= 5} <= set(listed(some)), "the newest are among them"


async def test_the_table_of_kinds_says_where_counting_ended(
    house: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    assert f">{len(ALL)}<" in (await client.get("/records")).text
    monkeypatch.setattr(repository, "COUNT_IN_PLACE_MAX", 50)
    page = (await client.get("/records")).text
    assert f">{50 + 4 + 31}+<" in page
    assert "+ means at least" in page
