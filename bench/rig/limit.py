"""The limit, measured: the same pages over the same sockets, and COPY, with no other work.

`--shape pages` copies the bytes of each page as they came, one `bytea` a page. `--shape rows` copies one
`jsonb` a record under a primary key, as whoever wants to read a record must: the pages have a record a line,
so that cutting them costs next to nothing. Either way the next page is fetched meanwhile, nothing is parsed,
looked up, compared, hashed or remembered, and each page is one durable transaction. Ends with one line of
JSON: `seconds`, `records`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import psycopg

from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.ports import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PER_PAGE = 1000
TABLES = {
    "pages": "create table limit_pages (number bigint primary key, body bytea not null)",
    "rows": "create table limit_rows (number bigint primary key, body jsonb not null)",
}


async def fetched(transport: AiohttpTransport, api: str, records: int) -> AsyncIterator[bytes]:
    """Yield the body of each page, the next one on its way meanwhile."""
    url = f"{api}/signed-1/rest/v1.1/projects/{records}/submittals"

    async def body(page: int) -> bytes:
        query = (("page", str(page)), ("per_page", str(PER_PAGE)))
        return (await transport.send(Request("GET", url, query))).body

    last = -(-records // PER_PAGE)
    ahead = asyncio.create_task(body(1))
    for page in range(1, last + 1):
        found = await ahead
        if page < last:
            ahead = asyncio.create_task(body(page + 1))
        yield found


async def copy(connection: psycopg.AsyncConnection[Any], shape: str, page: int, body: bytes) -> None:
    """Write one page."""
    rows = [body] if shape == "pages" else [b"\x01" + row for row in body[1:-1].split(b",\n")]
    statement = f"copy limit_{shape} (number, body) from stdin (format binary)"
    async with connection.cursor().copy(statement.encode()) as stream:
        # Binary `jsonb` is a byte of version and then the text: what a `bytea` is sent as, too.
        stream.set_types(("int8", "bytea"))
        for number, row in enumerate(rows, page * PER_PAGE):
            await stream.write_row((number, row))


async def measure(database: str, api: str, records: int, shape: str) -> dict[str, float]:
    """Fetch and copy every page; count what arrived."""
    connecting = psycopg.AsyncConnection.connect(database, autocommit=True)
    async with await connecting as connection, AiohttpTransport() as transport:
        await connection.execute(TABLES[shape].encode())
        began = time.perf_counter()
        page = 0
        async for body in fetched(transport, api, records):
            await copy(connection, shape, page, body)
            page += 1
        seconds = time.perf_counter() - began
        cursor = await connection.execute(f"select count(*) from limit_{shape}".encode())
        row = await cursor.fetchone()
        wanted = records if shape == "rows" else page
        assert row == (wanted,), (row, wanted)
    return {"records": records, "seconds": seconds}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure fetching and copying alone.")
    parser.add_argument("--database", required=True, help="URL for a role that may create a table")
    parser.add_argument("--api", required=True, help="base URL of the pages")
    parser.add_argument("--records", type=int, required=True)
    parser.add_argument("--shape", choices=sorted(TABLES), default="pages")
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(measure(asked.database, asked.api, asked.records, asked.shape))))


if __name__ == "__main__":
    main()
