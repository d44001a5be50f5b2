"""One virtual clock for several processes, which stands still while any of them has something to do.

Real processes, a real PostgreSQL and a real socket to the vendor, but hours pass in seconds. Each process
says when all of its tasks sleep and when the first of them wants to wake; only when every process has said so
does time move, to the earliest of those moments, and whoever is due then is woken. So nobody ever acts on a
time that another has not reached, whoever wakes at one moment truly races, and what a call takes of the
machine's time takes none of the virtual one: how fast the machine is cannot change what is found.
"""

from __future__ import annotations

import asyncio
import heapq
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_AT_ONCE_SECONDS = 1e-6


class SharedClock:
    """One process's side: a `Clock` for tasks that are `awake` while they do not sleep on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, start: float) -> None:
        self._reader = reader
        self._writer = writer
        self._start = start
        self._now = start
        self._awake = 0
        self._asleep: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @classmethod
    async def joined(cls, port: int) -> SharedClock:
        """Join the conductor that listens at a port of this machine."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        return cls(reader, writer, orjson.loads(await reader.readline())["now"])

    def now(self) -> datetime:
        """Return the virtual time."""
        return datetime.fromtimestamp(self._now, UTC)

    def monotonic(self) -> float:
        """Return the virtual seconds since the start."""
        return self._now - self._start

    async def sleep(self, seconds: float) -> None:
        """Wait until the virtual time has moved on by `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._asleep, (self._now + seconds, next(self._numbers), woken))
        self._awake -= 1
        self._let_pass()
        await woken

    @contextmanager
    def awake(self) -> Iterator[None]:
        """Count a task among those for which time stands still."""
        self._awake += 1
        try:
            yield
        finally:
            self._awake -= 1
            self._let_pass()

    def tell(self, **what: Any) -> None:
        """Tell the conductor something."""
        self._writer.write(orjson.dumps(what) + b"\n")

    async def run(self) -> None:
        """Wake tasks when the conductor says so, until it hangs up."""
        while line := await self._reader.readline():
            self._now = orjson.loads(line)["now"]
            while self._asleep and self._asleep[0][0] <= self._now + _AT_ONCE_SECONDS:
                self._awake += 1
                heapq.heappop(self._asleep)[2].set_result(None)
            self._let_pass()

    def _let_pass(self) -> None:
        if self._awake == 0 and self._asleep:
            self.tell(until=self._asleep[0][0])


@dataclass(slots=True)
class Conductor:
    """The one who moves time, for `players` processes; what they tell besides is in `told`."""

    players: int
    now_seconds: float
    told: list[dict[str, Any]] = field(default_factory=list)
    moves: int = 0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)
    _until: dict[int, float] = field(default_factory=dict)
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> datetime:
        """Return the virtual time."""
        return datetime.fromtimestamp(self.now_seconds, UTC)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Listen for players; give the port. At the end all of them are hung up on."""
        server = await asyncio.start_server(self._play, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]
            for writer in self._writers:
                writer.close()

    async def conduct(self, seconds: float) -> None:
        """Let so much time pass. Raises ConnectionError when a player has left."""
        end = self.now_seconds + seconds
        while True:
            await self._settled.wait()
            if len(self._until) < self.players:
                raise ConnectionError("one of the processes has ended by itself")
            self.now_seconds = max(self.now_seconds, min(self._until.values()))
            if self.now_seconds >= end:
                return
            self._wake()

    def _wake(self) -> None:
        due = [who for who, until in self._until.items() if until <= self.now_seconds + _AT_ONCE_SECONDS]
        self._settled.clear()
        self.moves += 1
        for who in due:
            del self._until[who]
            self._writers[who].write(orjson.dumps({"now": self.now_seconds}) + b"\n")

    async def _play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        who = len(self._writers)
        self._writers.append(writer)
        writer.write(orjson.dumps({"now": self.now_seconds}) + b"\n")
        while line := await reader.readline():
            said = orjson.loads(line)
            if "until" in said:
                self._until[who] = said["until"]
            else:
                self.told.append(said)
            if len(self._until) == self.players:
                self._settled.set()
        self._until.pop(who, None)
        self._settled.set()
