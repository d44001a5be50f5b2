"""Views that are made from data at set-up, as the owner of the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from tiebeam.store.errors import connection_error, translated

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOCK = b"select pg_advisory_xact_lock(hashtextextended('tiebeam.migrate', 0))"


async def define(owner_url: str, statements: Iterable[str]) -> None:
    """Run definitions in one transaction: all of them or none. Raises the errors of a connection."""
    try:
        connection = await psycopg.AsyncConnection.connect(owner_url)
    except psycopg.Error as error:
        raise connection_error(error, owner_url) from None
    try:
        async with connection:
            await connection.execute(_LOCK)
            for statement in statements:
                await connection.execute(statement.encode())
    except psycopg.Error as error:
        raise translated(error) from error
