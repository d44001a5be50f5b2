"""Small programs that tests run as processes of their own, to race each other and to be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from tests.factories.logins import RemoteLogin

from tiebeam.kernel.clock import SystemClock
from tiebeam.kernel.errors import TiebeamError
from tiebeam.operations.limits.gate import RateGate
from tiebeam.operations.limits.model import Rates
from tiebeam.operations.limits.repository import PostgresRow
from tiebeam.operations.tokens.keys import Keyring
from tiebeam.operations.tokens.repository import Credentials
from tiebeam.operations.tokens.source import VaultTokenSource
from tiebeam.operations.tokens.vault import Vault
from tiebeam.store.pool import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def process(
    program: str, *arguments: object, secret: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one of this module's programs; it prints a line of JSON for each thing that happens."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "TIEBEAM_TEST_SECRET": secret}
    command = (sys.executable, "-m", "tests.factories.processes", program, *map(str, arguments))
    started = await asyncio.create_subprocess_exec(
        *command, env=environment, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def heard(running: asyncio.subprocess.Process) -> dict[str, object] | None:
    """Return the next thing a process tells, None when it has ended."""
    assert running.stdout is not None
    line = await asyncio.wait_for(running.stdout.readline(), 60)
    return orjson.loads(line) if line else None


def tell(**what: object) -> None:
    sys.stdout.write(orjson.dumps(what).decode() + "\n")
    sys.stdout.flush()


async def hammer(url: str, domain: str, share: str, rates: str) -> None:
    """Pass a gate as fast as it lets us, and tell when."""
    clock = SystemClock()
    store = await Store.open(url, clock=clock, pool_size_max=2)
    gate = RateGate(PostgresRow(store, domain), clock=clock, rates=Rates(**orjson.loads(rates)))
    tell(ready=True)
    while True:
        await gate.enter(share)
        tell(at=clock.now().timestamp(), share=share)


async def want_token(url: str, tenant_id: str, connection_id: str, port: str, die_at: str) -> None:
    """Ask for a token and tell it; with `die_at`, kill this process where a refresh is being committed."""
    clock, kept = SystemClock(), False

    async def fall(statement: str) -> None:
        nonlocal kept
        kept = kept or statement == "operations.tokens.end_refresh"
        if kept and statement == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    store = await Store.open(url, clock=clock, after_statement=fall if die_at else None)
    vault = Vault(Keyring.parse(os.environ["TIEBEAM_TEST_SECRET"]))
    source = VaultTokenSource(
        tenant_id=UUID(tenant_id),
        connection_id=UUID(connection_id),
        credentials=Credentials(store, vault),
        grants=RemoteLogin(int(port)),
        clock=clock,
        chance=lambda: 0.0,
    )
    tell(asking=True)
    try:
        tell(token=await source.token())
    except TiebeamError as error:
        tell(code=error.code, cause=str(error))
    await store.close()


PROGRAMS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {"hammer": hammer, "want_token": want_token}

if __name__ == "__main__":
    asyncio.run(PROGRAMS[sys.argv[1]](*sys.argv[2:]))
