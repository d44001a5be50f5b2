"""A vendor's login with single-use refresh tokens, in process and as a tiny server."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tiebeam.kernel.errors import Owner, TiebeamError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tiebeam.kernel.clock import Clock

LIFE_SECONDS = 5400


@dataclass(frozen=True)
class Granted:
    """What the login grants."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime


def revoked() -> TiebeamError:
    return TiebeamError(
        "Procore no longer honours this connection.",
        action="Connect the company to Procore again.",
        code="procore.grant_revoked",
        owner=Owner.ADMIN,
    )


def busy() -> TiebeamError:
    return TiebeamError("Procore is busy.", action="Wait.", code="procore.login_busy", owner=Owner.NOBODY)


@dataclass
class FakeLogin:
    """Grants pairs; each refresh token serves once. `faults` are raised first, one a call."""

    clock: Clock
    refresh_token: str = field(default="refresh-secret-0", repr=False)
    life_seconds: float = LIFE_SECONDS
    calls: int = 0
    faults: list[TiebeamError] = field(default_factory=list)
    held: asyncio.Event | None = None
    """While it is not set, calls wait for their answers."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def refresh(self, refresh_token: str) -> Granted:
        await self._called()
        if refresh_token != self.refresh_token:
            raise revoked()
        self.refresh_token = f"refresh-secret-{self.calls}"
        return self._granted(self.refresh_token)

    async def client_credentials(self) -> Granted:
        await self._called()
        return self._granted(None)

    async def _called(self) -> None:
        self.calls += 1
        self.asked.set()
        if self.held is not None:
            await self.held.wait()
        if self.faults:
            raise self.faults.pop(0)

    def _granted(self, refresh_token: str | None) -> Granted:
        expires_at = self.clock.now() + timedelta(seconds=self.life_seconds)
        return Granted(f"access-secret-{self.calls}", refresh_token, expires_at)


class RemoteLogin:
    """The same login, asked over a socket: for processes of a test."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def refresh(self, refresh_token: str) -> Granted:
        return await self._ask({"refresh_token": refresh_token})

    async def client_credentials(self) -> Granted:
        return await self._ask({})

    async def _ask(self, question: dict[str, str]) -> Granted:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(json.dumps(question).encode() + b"\n")
        await writer.drain()
        answer = json.loads(await reader.readline())
        writer.close()
        if not answer:
            raise revoked()
        expires_at = datetime.fromtimestamp(answer.pop("expires_at"), UTC)
        return Granted(answer["access_token"], answer["refresh_token"], expires_at)


@asynccontextmanager
async def serving(login: FakeLogin) -> AsyncIterator[int]:
    """Answer RemoteLogins from `login`; yields the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = json.loads(await reader.readline())
        writer.write(json.dumps(await _answered(login, question)).encode() + b"\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _answered(login: FakeLogin, question: dict[str, str]) -> dict[str, str | float | None]:
    try:
        token = question.get("refresh_token")
        grant = await (login.client_credentials() if token is None else login.refresh(token))
    except TiebeamError:
        return {}
    return {
        "access_token": grant.access_token,
        "refresh_token": grant.refresh_token,
        "expires_at": grant.expires_at.timestamp(),
    }
