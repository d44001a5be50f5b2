"""Folders, processes and faults for the tests of the embedded server."""

from __future__ import annotations

import asyncio
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from tests.factories.database import roomy_folder

import tiebeam
from tiebeam.store.postmaster import Places, hold, postmaster_pid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tiebeam.store.account import Account
    from tiebeam.store.embedded import EmbeddedServer

_CLIENT = """
import asyncio, ctypes, json, sys
from pathlib import Path
from tiebeam.store.embedded import EmbeddedServer

PR_SET_CHILD_SUBREAPER = 36

async def main():
    if sys.argv[2] == "adopting":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    server = await EmbeddedServer.start(Path(sys.argv[1]), fsync=False)
    print(json.dumps({"url": server.url(), "superuser_url": server.url("postgres", "postgres")}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await server.stop()

asyncio.run(main())
"""

# Named apart from the interpreter, which may be another one of the same version.
_PATHS = tuple(str(Path(str(module.__file__)).parents[1]) for module in (tiebeam, psycopg))


@contextmanager
def server_folder() -> Iterator[Path]:
    """Make a folder that the server's user can pass through, even where pytest's folders are root's alone."""
    with tempfile.TemporaryDirectory(prefix="tb-", dir=roomy_folder()) as name:
        Path(name).chmod(0o711)
        yield Path(name)


class Client:
    """Another process that uses the server of a folder."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.url = ""
        self.superuser_url = ""

    @classmethod
    async def spawn(
        cls, root: Path, *, adopting: bool = False, python: str = sys.executable, **how: Any
    ) -> Client:
        """Start it; `adopting` makes it the parent of orphans, like a container's first process."""
        return cls(
            await asyncio.create_subprocess_exec(
                *(python, "-c", _CLIENT, str(root), "adopting" if adopting else ""),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(_PATHS)},
                **how,
            )
        )

    async def ready(self) -> Client:
        """Wait until it has started or joined the server."""
        assert self.process.stdout
        assert self.process.stderr
        line = await self.process.stdout.readline()
        assert line, (await self.process.stderr.read()).decode()
        self.url, self.superuser_url = json.loads(line).values()
        return self

    async def kill(self) -> None:
        self.process.kill()
        await self.process.communicate()

    async def leave(self) -> None:
        await self.process.communicate(b"\n")


@asynccontextmanager
async def client_of(root: Path, **how: Any) -> AsyncIterator[Client]:
    client = await Client.spawn(root, **how)
    try:
        yield await client.ready()
    finally:
        if client.process.returncode is None:
            await client.leave()


async def gone(root: Path) -> None:
    """Wait until no process of the server is left, on the lock that the kernel gives back then."""
    held = await asyncio.wait_for(asyncio.to_thread(hold, Places(root).lock("server")), 30)
    assert held
    held.close()


async def off_duty(root: Path) -> None:
    """Wait until no watcher is left."""
    held = await asyncio.wait_for(asyncio.to_thread(hold, Places(root).lock("watch")), 30)
    assert held
    held.close()


def kill_watcher(root: Path) -> None:
    """Kill the watcher of `root`, and no other process."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    )
    found = [
        int(line.split()[0])
        for line in listed.stdout.splitlines()
        if line.endswith(f"-m tiebeam.store.watch {root}")
    ]
    assert len(found) == 1, found
    os.kill(found[0], signal.SIGKILL)


def kill_postmaster(root: Path) -> int:
    """Kill the postmaster of `root` as a machine would, and see it dead; returns its pid."""
    pid = postmaster_pid(Places(root))
    assert pid
    dying = os.pidfd_open(pid)
    try:
        os.kill(pid, signal.SIGKILL)
        # Until then it would still take connections, and drop them.
        assert select.select([dying], [], [], 30)[0]
    finally:
        os.close(dying)
    return pid


async def asked(url: str, sql: str) -> Any:
    """Return the first value of the answer to `sql`."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        row = await (await connection.execute(sql.encode())).fetchone()
    return row[0] if row else None


async def told(url: str, *statements: str) -> None:
    """Run statements that answer nothing."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for statement in statements:
            await connection.execute(statement.encode())


def superuser(server: EmbeddedServer, database: str = "postgres") -> str:
    return server.url(database, "postgres")


def python_for(user: Account) -> str | None:
    """Return a Python of this version that `user` may run, none when this machine has none."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for found in (sys.executable, *(f"{folder}/{version}" for folder in ("/usr/local/bin", "/usr/bin"))):
        real = Path(found).resolve()
        if real.exists() and user.reaches(real):
            return found
    return None


def fake_program(folder: Path, name: str, script: str) -> None:
    """Put a shell script in the place of one of PostgreSQL's programs."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[bool]:
    """Mount a memory disk of `size` on `folder`; yields whether this machine lets us."""
    mount = shutil.which("mount")
    mounted = (
        os.geteuid() == 0
        and mount is not None
        and _ran(mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    )
    try:
        yield mounted
    finally:
        if mounted:
            _ran("umount", "--lazy", folder)


def _ran(*words: str | Path) -> bool:
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
