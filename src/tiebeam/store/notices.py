"""What one session tells another: NOTIFY and LISTEN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from tiebeam.store.connections import connect
from tiebeam.store.errors import translated

if TYPE_CHECKING:
    from tiebeam.store.connections import Connection


class Notices:
    """One channel, listened to on a connection of its own. Nothing is kept for who does not listen."""

    def __init__(self, url: str, channel: str) -> None:
        self._url = url
        self._channel = channel
        self._connection: Connection | None = None

    async def wait(self, seconds: float) -> bool:
        """Return whether there was a notice within `seconds`; also at once after each new connection.

        Before a new connection one may have been missed. Raises `StoreUnreachableError` when the connection
        is lost; the next call makes another.
        """
        if self._connection is None:
            self._connection = await self._listening()
            return True
        try:
            return await self._heard(self._connection, seconds)
        except psycopg.Error as error:
            await self.close()
            raise translated(error) from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop listening."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _listening(self) -> Connection:
        connection = await connect(self._url)
        try:
            await connection.execute(f'listen "{self._channel}"'.encode())
        except BaseException:
            await connection.close()
            raise
        return connection

    @staticmethod
    async def _heard(connection: Connection, seconds: float) -> bool:
        heard = False
        async for _ in connection.notifies(timeout=seconds, stop_after=1):
            heard = True
        return heard
