"""Which account elsewhere a connection leads to, as whom, and how many calls a day its plan allows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from uuid import UUID

    from tiebeam.store.pool import Store

Q = queries("tiebeam.link.outside.account")


@dataclass(frozen=True, slots=True)
class Account:
    """An account elsewhere."""

    account_id: str
    name: str
    user_id: str
    """Whom the token belongs to: what this user does there is our own doing."""
    user_name: str
    plan: str
    """What the account has bought; it says how many calls a day it may make."""


class Accounts:
    """The accounts that the connections of one tenant lead to."""

    def __init__(self, store: Store, tenant_id: UUID) -> None:
        self._store = store
        self._tenant_id = tenant_id

    async def of(self, connection_id: UUID) -> Account | None:
        """Return the account of a connection."""
        named = {"tenant_id": self._tenant_id, "connection_id": connection_id}
        async with self._store.autocommit(self._tenant_id) as single:
            return await single.one(Account, Q["account"], named)

    async def put(self, connection_id: UUID, account: Account) -> None:
        """Keep the account of a connection, in the place of what was known of it."""
        named = {"tenant_id": self._tenant_id, "connection_id": connection_id, **asdict(account)}
        async with self._store.autocommit(self._tenant_id) as single:
            await single.run(Q["put_account"], named)
