"""How quick deliveries are taken, beside what the disk allows.

`python bench/webhooks.py [--json] [--deliveries N] [--senders N]` ends with one line of JSON,
`{"figure": "webhooks", "ratios": {…}}`. Everything is measured in that one run: the web application as it is
run, in a process of its own, over real sockets, into an embedded PostgreSQL with its durable settings.

- `of_limit`: deliveries stored a second, each authenticated, deduplicated and collapsed, against durable
  inserts of the same bytes a second over as many connections, one insert a delivery and nothing else.
- `answer_p50_over_insert`, `answer_p99_over_insert`: from a delivery to its answer at a quarter of that
  speed, against the median of one durable insert at an eighth of the limit's.
- `answer_p99_of_50_ms`, `burst_p99_of_50_ms`: the 99th percentile of answers at that pace, and while every
  sender sends as fast as it is answered, against 50 ms. Goal: at most 1.
- `burst_kept`: deliveries found in the database, against those that were answered as stored. Goal: 1.
- `replica_p50_over_floor`, `replica_p99_over_floor`: from a delivery to its record in the replica, read from
  a vendor on the same machine, against the median of one such reading and one durable insert.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg

from tiebeam.connectors.http import AiohttpTransport
from tiebeam.connectors.ports import Request
from tiebeam.store.cluster import SUPERUSER
from tiebeam.store.embedded import EmbeddedServer
from tiebeam.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

RIG = Path(__file__).resolve().parent / "rig"
HEADERS = "Host: bench\r\nAuthorization: Bearer bench\r\nContent-Type: application/json\r\n"
INSERT = b"insert into limit_deliveries (id, body) values (%(id)s, %(body)b)"
RECORDS_IN_REPLICA = 200
PACED_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    deliveries: int
    senders: int


@dataclass(frozen=True, slots=True)
class Timed:
    """Many tries at the same thing."""

    a_second: float
    latencies_seconds: list[float]

    @property
    def p50(self) -> float:
        """The median latency."""
        return statistics.median(self.latencies_seconds)

    @property
    def p99(self) -> float:
        """The 99th percentile."""
        return sorted(self.latencies_seconds)[int(len(self.latencies_seconds) * 0.99)]


def delivery(number: int, resource: str = "RFIs", record_id: int | None = None) -> bytes:
    """Return a delivery of the usual size; without a record id, each of another record."""
    return json.dumps(
        {
            "id": number,
            "ulid": f"01J{number:023d}",
            "timestamp": "2026-03-02T15:30:00.000000Z",
            "metadata": {"source_user_id": 1, "source_project_id": 5, "source_operation_id": None,
                         "source_company_id": 1, "source_application_id": "another"},
            "user_id": 1,
            "company_id": 1,
            "project_id": 5,
            "api_version": "v3.0",
            "event_type": "update",
            "resource_name": resource,
            "resource_id": number % 1000 if record_id is None else record_id,
            "related_resources": [],
        }
    ).encode()  # fmt: skip


async def all_at_once(send: Callable[[int, int], Awaitable[None]], options: Options) -> Timed:
    """Have every sender send as fast as it is answered."""
    latencies: list[float] = []
    numbers = iter(range(options.deliveries))

    async def one(sender: int) -> None:
        for number in numbers:
            began = time.perf_counter()
            await send(sender, number)
            latencies.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*map(one, range(options.senders)))
    return Timed(options.deliveries / (time.perf_counter() - began), latencies)


async def at_a_pace(send: Callable[[int, int], Awaitable[None]], options: Options, a_second: float) -> Timed:
    """Have the senders keep a pace; what is late counts from when it was due."""
    latencies: list[float] = []
    began = time.perf_counter()

    async def one(sender: int) -> None:
        for number in range(sender, max(200, int(a_second * PACED_SECONDS)), options.senders):
            due = began + number / a_second
            await asyncio.sleep(due - time.perf_counter())
            await send(sender, 10_000_000 + number)
            latencies.append(time.perf_counter() - due)

    await asyncio.gather(*map(one, range(options.senders)))
    return Timed(a_second, latencies)


class Sockets:
    """Keep-alive connections to the web application, one a sender."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._open: dict[int, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}
        self.stored = 0

    async def send(self, sender: int, number: int) -> None:
        """Deliver until it is stored."""
        status = 503
        while status == 503:
            status = await self.post(sender, delivery(number))
        assert status == 204, status
        self.stored += 1

    async def post(self, sender: int, body: bytes) -> int:
        """Deliver once, and return the answer's status."""
        if sender not in self._open:
            host, port = self._address.hostname, self._address.port
            self._open[sender] = await asyncio.open_connection(host, port)
        reader, writer = self._open[sender]
        head = f"POST /webhooks/procore HTTP/1.1\r\n{HEADERS}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        return int(answer.split(b" ", 2)[1])

    async def close(self) -> None:
        """Hang up."""
        for _, writer in self._open.values():
            writer.close()
            await writer.wait_closed()


class Inserts:
    """The limit: one durable insert a delivery, over connections of its own."""

    def __init__(self, connections: list[psycopg.AsyncConnection[Any]]) -> None:
        self._connections = connections

    async def send(self, sender: int, number: int) -> None:
        """Insert."""
        named = {"id": f"01J{number:023d}", "body": delivery(number)}
        await self._connections[sender].execute(INSERT, named)


class Bench:
    """One run of everything, on one server."""

    def __init__(self, options: Options, server: EmbeddedServer) -> None:
        self._options = options
        self._server = server

    async def ratios(self) -> dict[str, float]:
        """Measure, and return every ratio by its name."""
        limit, paced_limit = await self._limit()
        burst, kept, paced = await self._answers()
        replica, floor = await self._replica()
        tell(f"limit {limit.a_second:,.0f}, stored {burst.a_second:,.0f} (a second)")
        tell(f"answers {paced.p50 * 1000:.1f} ms p50, {paced.p99 * 1000:.1f} ms p99; all at once "
             f"{burst.p99 * 1000:.1f} ms p99; one insert {paced_limit.p50 * 1000:.1f} ms")  # fmt: skip
        tell(f"to the replica {replica.p50 * 1000:.1f} ms p50, {replica.p99 * 1000:.1f} ms p99; "
             f"floor {floor * 1000:.1f} ms")  # fmt: skip
        found = {
            "of_limit": burst.a_second / limit.a_second,
            "answer_p50_over_insert": paced.p50 / paced_limit.p50,
            "answer_p99_over_insert": paced.p99 / paced_limit.p50,
            "answer_p99_of_50_ms": paced.p99 / 0.05,
            "burst_p99_of_50_ms": burst.p99 / 0.05,
            "burst_kept": kept,
            "replica_p50_over_floor": replica.p50 / floor,
            "replica_p99_over_floor": replica.p99 / floor,
        }
        return {name: round(ratio, 3) for name, ratio in sorted(found.items())}

    async def _limit(self) -> tuple[Timed, Timed]:
        url = await self._fresh_database("inserts")
        connections = [
            await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(self._options.senders)
        ]
        try:
            table = b"create table limit_deliveries (id text primary key, body bytea not null)"
            await connections[0].execute(table)
            inserts = Inserts(connections)
            full = await all_at_once(inserts.send, self._options)
            return full, await at_a_pace(inserts.send, self._options, full.a_second / 8)
        finally:
            for connection in connections:
                await connection.close()

    async def _answers(self) -> tuple[Timed, float, Timed]:
        await self._fresh_database("answers")
        with started("webhooks_receive.py", "--api=http://x", "--no-fetch", *self._at("answers")) as receiver:
            sockets = Sockets(receiver.line())
            try:
                burst = await all_at_once(sockets.send, self._options)
                paced = await at_a_pace(sockets.send, self._options, burst.a_second / 4)
            finally:
                await sockets.close()
        return burst, await self._kept("answers") / sockets.stored, paced

    async def _replica(self) -> tuple[Timed, float]:
        """Deliver one after another, each when the replica has taken in the one before."""
        await self._fresh_database("replica")
        with (
            started("webhooks_vendor.py") as vendor,
            started("webhooks_receive.py", f"--api={(api := vendor.line())}", *self._at("replica")) as mine,
        ):
            sockets = Sockets(mine.line())
            latencies = []
            for number in range(RECORDS_IN_REPLICA):
                began = time.monotonic()
                assert await sockets.post(0, delivery(number, "Submittals", 1)) == 204
                latencies.append(float(await asyncio.to_thread(mine.line)) - began)
            await sockets.close()
            floor = await self._floor(api)
        return Timed(1 / statistics.mean(latencies), latencies), floor

    async def _floor(self, api: str) -> float:
        """Return the median of reading that record over a socket and inserting it durably."""
        connecting = psycopg.AsyncConnection.connect(await self._fresh_database("floor"), autocommit=True)
        took = []
        async with await connecting as connection, AiohttpTransport() as transport:
            await connection.execute(b"create table limit_deliveries (id text primary key, body bytea)")
            for number in range(RECORDS_IN_REPLICA):
                began = time.perf_counter()
                answer = await transport.send(Request("GET", f"{api}/rest/v1.1/projects/5/submittals"))
                await connection.execute(INSERT, {"id": str(number), "body": answer.body})
                took.append(time.perf_counter() - began)
        return statistics.median(took)

    def _at(self, name: str) -> tuple[str, ...]:
        return (f"--database={self._server.url(name)}",)

    async def _fresh_database(self, name: str) -> str:
        """Make a migrated database and return its owner's URL."""
        maintenance = self._server.owner_url("postgres")
        async with await psycopg.AsyncConnection.connect(maintenance, autocommit=True) as connection:
            await connection.execute(f"create database {name}".encode())
        await migrate(self._server.owner_url(name))
        return self._server.owner_url(name)

    async def _kept(self, name: str) -> int:
        url = self._server.url(name, SUPERUSER)
        async with await psycopg.AsyncConnection.connect(url) as connection:
            cursor = await connection.execute(b"select count(*) from tiebeam.webhook_delivery")
            row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


class Process:
    """A process of the rig, which says something a line at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def line(self) -> str:
        """Return the next line."""
        assert self._process.stdout
        line = self._process.stdout.readline().strip()
        if not line:
            raise SystemExit(f"{self._process.args!r} ended too soon.")
        return line


@contextmanager
def started(script: str, *arguments: str) -> Iterator[Process]:
    """Run a script of the rig for as long as the block runs."""
    command = [sys.executable, str(RIG / script), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        try:
            yield Process(process)
        finally:
            process.stdin.close()


@contextmanager
def database_folder() -> Iterator[Path]:
    """Make a place for a database, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="tiebeam-bench-", ignore_cleanup_errors=True) as name:
        # The database may belong to another user than the one who measures, and must get there.
        Path(name).chmod(0o711)
        yield Path(name) / "postgres"


def tell(line: str) -> None:
    """Say what was measured, where it is not in the way of the JSON."""
    print(line, file=sys.stderr, flush=True)


async def run(options: Options) -> dict[str, float]:
    """Start a database, measure, and clear it away."""
    with database_folder() as folder:
        async with await EmbeddedServer.start(folder) as server:
            return await Bench(options, server).ratios()


def options_of(arguments: list[str] | None = None) -> tuple[Options, bool]:
    """Return what is asked for, and whether as JSON alone."""
    parser = argparse.ArgumentParser(description="Measure how quick deliveries are taken.")
    parser.add_argument("--json", action="store_true", help="one line of JSON on standard output, no table")
    parser.add_argument("--deliveries", type=int, default=10_000, help="how many at once")
    parser.add_argument("--senders", type=int, default=32, help="over how many connections")
    asked = parser.parse_args(arguments)
    if min(asked.deliveries, asked.senders) < 1:
        parser.error("--deliveries and --senders must be positive")
    return Options(asked.deliveries, asked.senders), asked.json


def main() -> None:
    """Print every ratio."""
    options, as_json = options_of()
    ratios = asyncio.run(run(options))
    if not as_json:
        for name, ratio in ratios.items():
            print(f"{name:24}{ratio:8.2f}")
    print(json.dumps({"figure": "webhooks", "ratios": ratios}))


if __name__ == "__main__":
    main()
