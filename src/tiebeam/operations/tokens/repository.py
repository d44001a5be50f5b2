"""Connections and their sealed credentials, remembered."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from tiebeam.operations.tokens.model import (
    Connection,
    NewGrant,
    NotConnectedError,
    Secrets,
    Status,
    Terms,
    UnknownConnectionError,
)
from tiebeam.operations.tokens.vault import Sealed, Vault
from tiebeam.store.errors import ContendedError
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from tiebeam.kernel.errors import TiebeamError
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.operations.tokens")

LEASES_MAX = 2
"""Refreshes at once in one process: each holds a database connection while the vendor takes its time."""


class LeaseTakenError(ContendedError):
    """Somebody else is refreshing this connection's token."""


class Connections:
    """The connections of tenants: to make, look at, pause, mend and end."""

    def __init__(self, store: Store, vault: Vault, new_id: Callable[[], UUID] = uuid4) -> None:
        self._store = store
        self._vault = vault
        self._new_id = new_id

    async def add(
        self, tenant_id: UUID, terms: Terms, secrets: Secrets, *, expires_at: datetime | None = None
    ) -> Connection:
        """Keep a new connection and its secrets; `expires_at` is the access token's end."""
        connection_id = self._new_id()
        params = {**asdict(terms), **_named(tenant_id, connection_id), "expires_at": expires_at}
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["insert_connection"], {**params, "now": self._store.clock.now()})
            await _put(tx, self._vault, tenant_id, connection_id, secrets)
            return await _found(tx, tenant_id, connection_id)

    async def get(self, tenant_id: UUID, connection_id: UUID) -> Connection:
        """Return one connection of the tenant. Raises UnknownConnectionError."""
        async with self._store.transaction(tenant_id) as tx:
            return await _found(tx, tenant_id, connection_id)

    async def list(self, tenant_id: UUID) -> list[Connection]:
        """Return every connection of the tenant, oldest first."""
        async with self._store.transaction(tenant_id) as tx:
            return await tx.all(Connection, Q["list_connections"], {"tenant_id": tenant_id})

    async def set_status(
        self, tenant_id: UUID, connection_id: UUID, status: Status, why: TiebeamError | None = None
    ) -> Connection:
        """Say how a connection stands, and why. Raises UnknownConnectionError."""
        async with self._store.transaction(tenant_id) as tx:
            await _set_status(tx, _named(tenant_id, connection_id), status, why, self._store.clock.now())
            return await _found(tx, tenant_id, connection_id)

    async def set_company(self, tenant_id: UUID, connection_id: UUID, company_id: str) -> Connection:
        """Choose the vendor's company that a connection reads. Raises UnknownConnectionError."""
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["set_company"], {**_named(tenant_id, connection_id), "company_id": company_id})
            return await _found(tx, tenant_id, connection_id)

    async def reconnect(
        self,
        tenant_id: UUID,
        connection_id: UUID,
        secrets: Secrets,
        *,
        terms: Terms | None = None,
        expires_at: datetime | None = None,
    ) -> Connection:
        """Give a connection a new grant, whatever became of the former one; it is connected again.

        `terms` say where another app, user or host is behind it from now on; the company stays.
        """
        named = _named(tenant_id, connection_id)
        async with self._store.transaction(tenant_id) as tx:
            await _found(tx, tenant_id, connection_id)
            if terms is not None:
                await tx.run(Q["set_terms"], {**asdict(terms), **named})
            await _put(tx, self._vault, tenant_id, connection_id, secrets)
            await tx.run(
                Q["end_refresh"], {**named, "now": self._store.clock.now(), "expires_at": expires_at}
            )
            return await _found(tx, tenant_id, connection_id)

    async def disconnect(self, tenant_id: UUID, connection_id: UUID) -> Connection:
        """End a connection and forget its secrets; what was read through it stays."""
        why = NotConnectedError(
            "The connection was ended by a person.",
            action="Connect it again to go on.",
            code="connection.disconnected",
        )
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["purge_credential"], _named(tenant_id, connection_id))
            now = self._store.clock.now()
            await _set_status(tx, _named(tenant_id, connection_id), Status.DISCONNECTED, why, now)
            return await _found(tx, tenant_id, connection_id)

    async def delete(self, tenant_id: UUID, connection_id: UUID) -> None:
        """Remove a connection and its secrets. Removing it twice does nothing."""
        async with self._store.transaction(tenant_id) as tx:
            await tx.run(Q["delete_connection"], _named(tenant_id, connection_id))

    async def rotate_keys(self, tenant_id: UUID) -> int:
        """Seal with the present key what a former one has sealed; return how many connections that were."""
        params = {"tenant_id": tenant_id, "key_id": self._vault.key_id}
        async with self._store.transaction(tenant_id) as tx:
            stale = await tx.rows(Q["find_stale_seals"], params)
        return sum([await self._seal_anew(tenant_id, row[0]) for row in stale])

    async def _seal_anew(self, tenant_id: UUID, connection_id: UUID) -> bool:
        # One short transaction each: a refresh that is under way is waited for, and the others are not.
        async with self._store.transaction(tenant_id) as tx:
            sealed = await tx.one(Sealed, Q["lock_credential"], _named(tenant_id, connection_id))
            if sealed is None or sealed.key_id == self._vault.key_id:
                return False
            secrets = self._vault.open(sealed, tenant_id, connection_id)
            await _put(tx, self._vault, tenant_id, connection_id, secrets)
            return True


class Lease:
    """The exclusive right to refresh one connection's token, for as long as its transaction is open."""

    def __init__(
        self, tx: Transaction, store: Store, vault: Vault, connection: Connection, secrets: Secrets
    ) -> None:
        self.connection = connection
        self.secrets = secrets
        self._tx = tx
        self._store = store
        self._vault = vault
        self._named = _named(connection.tenant_id, connection.id)

    async def begin(self) -> None:
        """Commit, beside the lease's own transaction, that the refresh token is about to be spent."""
        async with self._store.autocommit(self.connection.tenant_id) as single:
            await single.run(Q["begin_refresh"], {**self._named, "now": self._store.clock.now()})

    async def keep(self, grant: NewGrant) -> None:
        """Keep what the vendor granted; it counts once the lease has ended."""
        refresh_token = grant.refresh_token or self.secrets.refresh_token
        secrets = replace(self.secrets, access_token=grant.access_token, refresh_token=refresh_token)
        await _put(self._tx, self._vault, self.connection.tenant_id, self.connection.id, secrets)
        params = {**self._named, "now": self._store.clock.now(), "expires_at": grant.expires_at}
        await self._tx.run(Q["end_refresh"], params)

    async def fail(self, status: Status, why: TiebeamError) -> None:
        """Say that the connection is of no use until somebody acts."""
        await _set_status(self._tx, self._named, status, why, self._store.clock.now())


class Credentials:
    """The secrets of connections, for the one who calls the vendor."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._leases = asyncio.Semaphore(LEASES_MAX)

    async def read(self, tenant_id: UUID, connection_id: UUID) -> tuple[Connection, Secrets]:
        """Return a connection and its secrets, none when it has none.

        Raises UnknownConnectionError, SealedElsewhereError or SealBrokenError.
        """
        async with self._store.transaction(tenant_id) as tx:
            connection = await _found(tx, tenant_id, connection_id)
            sealed = await tx.one(Sealed, Q["read_credential"], _named(tenant_id, connection_id))
        return connection, self._opened(sealed, connection)

    @asynccontextmanager
    async def lease(
        self, tenant_id: UUID, connection_id: UUID, *, wait_seconds: float
    ) -> AsyncIterator[Lease]:
        """Hold the only right to refresh, waiting at most `wait_seconds` for another process to end.

        What the block keeps is committed at its end, before anyone else can have the lease. Raises
        LeaseTakenError.
        """
        async with self._leases, self._store.transaction(tenant_id) as tx:
            await tx.rows(Q["bound_wait"], {"wait": f"{max(1, round(wait_seconds * 1000))}ms"})
            sealed = await _locked(tx, tenant_id, connection_id)
            # Read after the lock is held, so that what the former holder wrote is seen.
            connection = await _found(tx, tenant_id, connection_id)
            yield Lease(tx, self._store, self._vault, connection, self._opened(sealed, connection))

    def _opened(self, sealed: Sealed | None, connection: Connection) -> Secrets:
        if sealed is None:
            return Secrets()
        return self._vault.open(sealed, connection.tenant_id, connection.id)


def _named(tenant_id: UUID, connection_id: UUID) -> dict[str, Any]:
    return {"tenant_id": tenant_id, "id": connection_id}


async def _found(tx: Transaction, tenant_id: UUID, connection_id: UUID) -> Connection:
    found = await tx.one(Connection, Q["find_connection"], _named(tenant_id, connection_id))
    if found is None:
        raise UnknownConnectionError(
            f"There is no connection {connection_id} here.",
            action="List the connections to find the right one.",
        )
    return found


async def _locked(tx: Transaction, tenant_id: UUID, connection_id: UUID) -> Sealed | None:
    try:
        return await tx.one(Sealed, Q["lock_credential"], _named(tenant_id, connection_id))
    except ContendedError as error:
        raise LeaseTakenError(
            "Another process is refreshing the access token and has not come to an end.",
            action="Nothing needs to be done: it is tried again by itself.",
        ) from error


async def _put(tx: Transaction, vault: Vault, tenant_id: UUID, connection_id: UUID, secrets: Secrets) -> None:
    sealed = vault.seal(secrets, tenant_id, connection_id)
    params = {**_named(tenant_id, connection_id), "key_id": sealed.key_id, "sealed": sealed.data}
    await tx.run(Q["put_credential"], params)


async def _set_status(
    tx: Transaction,
    named: dict[str, Any],
    status: Status,
    why: TiebeamError | None,
    now: datetime,
) -> None:
    said = {
        "code": why.code if why else None,
        "reason": why.cause if why else None,
        "action": why.action if why else None,
    }
    await tx.run(Q["set_status"], {**named, **said, "status": status, "now": now})
