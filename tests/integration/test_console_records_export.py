"""Lists as files: all of what is filtered, in bounded memory, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import sys
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from tests.factories.console import console
from tests.factories.console_records import Shelf

from tiebeam.identity.model import Role
from tiebeam.replicate.explorer.formats import MEDIA_TYPES, cell, writer
from tiebeam.replicate.explorer.model import Wanted
from tiebeam.replicate.explorer.repository import Explorer
from tiebeam.replicate.streams import find_stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.factories.console import Console

    from tiebeam.identity.model import Tenant
    from tiebeam.kernel.clock import ManualClock
    from tiebeam.store.pool import Store

RFIS = find_stream("rfis")
PARQUET = import_module("pyarrow.parquet")


@pytest.fixture
async def house(store: Store, clock: ManualClock, tenant: Tenant, tmp_path: Path) -> AsyncIterator[Console]:
    async with console(store, clock, tenant, tmp_path) as made:
        yield made


@pytest.fixture
async def shelf(store: Store, tenant: Tenant) -> Shelf:
    return await Shelf.opened(store, tenant.id)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("-2+3", "'-2+3"),
        ("@sum(a1)", "'@sum(a1)"),
        ("\t=1", "'\t=1"),
        ("\r\n=1", "'\r\n=1"),
        ("  =1", "'  =1"),
        ("plain", "plain"),
        ("-12.50", "-12.50"),
        (-3, "-3"),
        (True, "true"),
        (None, ""),
        (["=1"], '["=1"]'),
    ],
)
def test_no_cell_is_a_formula(said: Any, kept: str) -> None:
    assert cell(said) == kept


async def test_every_format_holds_exactly_what_is_filtered(
    house: Console, shelf: Shelf, tenant: Tenant
) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    await shelf.many("rfis", 1200)
    await shelf.many("rfis", 30, "8")
    await shelf.add("rfis", "x", {"subject": "=cmd|' /C calc'!A0", "status": "draft"}, state=2)
    wanted = "field=status&op=is&value=draft&project=7"
    told = (await client.get(f"/records/rfis?{wanted}")).text
    assert f"{1200 // 7} records" in told
    lines = (await client.get(f"/exports/rfis/jsonl?{wanted}")).content.splitlines()
    assert len({orjson.loads(line)["_key"] for line in lines}) == len(lines) == 1200 // 7
    answer = await client.get(f"/exports/rfis/csv?{wanted}&state=all&col=subject")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 1200 // 7 + 1
    assert list(rows[0]) == [
        "_key",
        "_project_id",
        "_state",
        "_version",
        "_vendor_at",
        "_changed_at",
        "subject",
    ]
    assert [row["subject"] for row in rows if row["_key"] == "x"] == ["'=cmd|' /C calc'!A0"]
    assert answer.headers["content-disposition"] == 'attachment; filename="rfis-2026-03-02.csv"'
    parquet = await client.get(f"/exports/rfis/parquet?{wanted}&sort=subject")
    table = PARQUET.read_table(io.BytesIO(parquet.content))
    assert table.num_rows == 1200 // 7
    assert set(table.column("id").to_pylist()) == {n for n in range(1, 1201) if n % 7 == 0}
    assert orjson.loads(table.column("_payload")[0].as_py())["status"] == "draft"
    entries = await house.house.trail.entries(tenant.id)
    assert [one.detail["format"] for one in entries if one.act == "records.exported"] == [
        "parquet",
        "csv",
        "jsonl",
    ]


async def test_parquet_keeps_types_and_drops_what_does_not_fit(shelf: Shelf, tenant: Tenant) -> None:
    fits = {
        "id": "12",
        "private": "true",
        "due_date": "2026-05-01",
        "created_at": "2026-05-01T10:00:00-05:00",
    }
    await shelf.add("rfis", 1, {**fits, "cost_impact": {"value": "-12.5"}, "custom_fields": {"a": 1}})
    odd = {
        "id": "1.5",
        "private": "maybe",
        "due_date": "soon",
        "cost_impact": {"value": "9e99"},
        "subject": 3,
    }
    await shelf.add("rfis", 2, odd | {"created_at": 7})
    writing = writer("parquet", RFIS.columns)
    parts = [writing.begin()]
    parts += [writing.rows(rows) async for rows in Explorer(shelf.store, tenant.id, None).walk(Wanted(RFIS))]
    first, second = PARQUET.read_table(io.BytesIO(b"".join([*parts, writing.end()]))).to_pylist()
    assert (first["id"], first["private"], first["due_date"]) == (12, True, date(2026, 5, 1))
    assert first["created_at"] == datetime(2026, 5, 1, 15, tzinfo=UTC)
    assert first["cost_impact_value"] == Decimal("-12.5")
    assert first["custom_fields"] == '{"a":1}'
    assert {
        name: second[name] for name in ("id", "private", "due_date", "cost_impact_value", "created_at")
    } == dict.fromkeys(("id", "private", "due_date", "cost_impact_value", "created_at"))
    assert second["subject"] == "3"


async def test_parquet_without_its_library_says_what_to_do(
    house: Console, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = await house.signed_in(Role.OFFICE)
    await shelf.add("rfis", 1, {"subject": "One"})
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    answer = await client.get("/exports/rfis/parquet")
    assert answer.status_code == 400
    assert "tiebeam[parquet]" in answer.text
    assert (await client.get("/exports/rfis/csv")).status_code == 200
    assert (await client.get("/exports/rfis/xlsx")).status_code == 400
    assert (await client.get("/exports/nothing/csv")).status_code == 404


@pytest.mark.req("Q3")
@pytest.mark.parametrize("form", MEDIA_TYPES)
async def test_many_records_need_no_more_memory_than_some(shelf: Shelf, tenant: Tenant, form: str) -> None:
    await shelf.many("rfis", 20_000)
    looking, writing, written = Explorer(shelf.store, tenant.id, None), writer(form, RFIS.columns), 0
    peaks: list[int] = []
    tracemalloc.start()
    try:
        async for rows in looking.walk(Wanted(RFIS)):
            written += len(writing.rows(rows))
            peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    assert len(peaks) == 40
    assert peaks[-1] < 1.3 * peaks[len(peaks) // 2], "what was read early is still held"
    assert written + len(writing.end()) > 100_000
