"""Rows that break programs: each is kept or its refusal is, with the reason, and nothing else is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.procore_desk import ProcoreDesk
from tests.factories.replicas import Copy

from tiebeam.connectors.answers import read_row
from tiebeam.connectors.ports import Page, PageRequest, Refusal
from tiebeam.simulators.base.faults import FaultRule

if TYPE_CHECKING:
    from tiebeam.connectors.ports import Reader
    from tiebeam.identity.model import Tenant
    from tiebeam.store.pool import Store

BIG_BYTES = 50 * 1024 * 1024


async def copied(store: Store, tenant: Tenant, desk: ProcoreDesk, *views: str) -> Copy:
    copy = Copy(desk, store, tenant.id, *views)
    report = await copy.sync()
    assert report.failures == []
    return copy


@pytest.mark.req("R3")
async def test_an_id_that_comes_twice_is_one_record(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk(FaultRule("repeat_row", "documents"))
    keys = {str(desk.put("documents", name=f"{number}.pdf")) for number in range(4)}
    copy = await copied(store, tenant, desk, "documents")
    assert (await copy.find("documents")).keys() == keys
    assert {row.version for row in (await copy.find("documents")).values()} == {1}


@pytest.mark.parametrize("key", [2**31, 2**53 + 1, 2**63 - 1])
async def test_an_id_beyond_32_bits_is_kept_to_its_last_digit(store: Store, tenant: Tenant, key: int) -> None:
    desk = ProcoreDesk()
    desk.put("documents", id=key, name="Plan.pdf")
    copy = await copied(store, tenant, desk, "documents")
    (found,) = (await copy.find("documents")).values()
    assert (found.key, found.payload["id"]) == (str(key), key)


@pytest.mark.parametrize(
    "fields",
    [
        {"updated_at": None},
        {"updated_at": "1962-05-14T00:00:00Z", "created_at": "1958-07-01T08:00:00Z"},
        {"updated_at": "yesterday, I think"},
        {"updated_at": "0001-01-01T00:00:00Z"},
        {"name": "🚧 防水 𠜎𠮷 مراجعة e\u0301\u200b"},
        {"name": ""},
        {"name": None},
        {"custom_fields": {"a": [[[[[{"b": 1e300}]]]]]}},
        {"size": 2**62},
    ],
    ids=lambda fields: next(iter(fields)) + str(len(str(fields))),
)
async def test_an_odd_value_is_kept_as_it_is(store: Store, tenant: Tenant, fields: dict[str, Any]) -> None:
    desk = ProcoreDesk()
    odd, plain = desk.put("documents", **{"name": "odd", **fields}), desk.put("documents", name="plain")
    copy = await copied(store, tenant, desk, "documents")
    found = await copy.find("documents")
    assert found.keys() == {str(odd), str(plain)}
    assert {name: found[str(odd)].payload[name] for name in fields} == fields
    again = await copy.sync(full=True)
    assert again.tally.changes == 0


async def test_a_row_without_its_time_is_updated_by_the_next_sweep(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    key = desk.put("documents", name="Plan.pdf", updated_at=None)
    copy = await copied(store, tenant, desk, "documents")
    desk.state.update("documents", key, {"name": "Plan B.pdf"}, touch=False)
    await copy.sync(full=True)
    assert (await copy.find("documents"))[str(key)].payload["name"] == "Plan B.pdf"


@pytest.mark.parametrize(
    ("name", "reason"), [("nul \0 inside", "NUL"), ("half \ud83d of a pair", "not representable")]
)
async def test_a_row_that_cannot_be_stored_is_kept_beside_with_its_reason(
    store: Store, tenant: Tenant, name: str, reason: str
) -> None:
    desk = ProcoreDesk()
    good = desk.put("documents", name="good.pdf")
    bad = desk.put("documents", name="fine so far")
    copy = await copied(store, tenant, desk, "documents")
    copy_of = _Spoiling(desk, str(bad), {"name": name})
    report = await copy.sync(reader=copy_of, full=True)
    assert report.tally.damaged == 1
    found = await copy.find("documents")
    assert found.keys() == {str(good), str(bad)}
    assert found[str(bad)].payload["name"] == "fine so far", "the last content that could be kept stays"
    assert reason in (await copy.damages())[str(bad)]
    for _ in range(2):
        await copy.sync(reader=copy_of, full=True)
    assert str(bad) in await copy.find("documents"), "what cannot be read is not missing"


async def test_nul_in_a_key_is_refused_alone(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    good, bad = desk.put("documents", name="good.pdf"), desk.put("documents", name="bad.pdf")
    copy = Copy(desk, store, tenant.id, "documents")
    await copy.sync(reader=_Spoiling(desk, str(bad), {"id": "1\0"}), full=False)
    assert (await copy.find("documents")).keys() == {str(good)}
    assert len(await copy.damages()) == 1


async def test_a_record_of_50_megabytes_is_copied(store: Store, tenant: Tenant) -> None:
    desk = ProcoreDesk()
    small = desk.put("documents", name="small.pdf")
    large = desk.put("documents", name="large.pdf", description="x" * BIG_BYTES)
    copy = await copied(store, tenant, desk, "documents")
    found = await copy.find("documents")
    assert found.keys() == {str(small), str(large)}
    assert len(found[str(large)].payload["description"]) == BIG_BYTES


class _Spoiling:
    """A reader that puts values into a row which no simulator would send."""

    def __init__(self, desk: ProcoreDesk, key: str, values: dict[str, Any]) -> None:
        self._reader: Reader = desk.reader
        self._key = key
        self._values = values

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    async def page(self, request: PageRequest) -> Page | Refusal:
        page = await self._reader.page(request)
        if isinstance(page, Refusal):
            return page
        return replace(page, rows=[self._spoiled(row) for row in page.rows])

    def _spoiled(self, raw: bytes) -> bytes:
        row = read_row(raw)
        return json.dumps(row | self._values).encode() if str(row["id"]) == self._key else raw
