"""Where the processes that use one set of credentials keep their common counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiebeam.operations.limits.model import State, decode, encode
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from tiebeam.store.pool import Store

Q = queries(__package__)


class PostgresRow:
    """A gate's counters in one row, changed by compare-and-swap.

    A crash of the database may forget the last fraction of a second (the gate commits without waiting for the
    disk); a crash of a process forgets nothing.
    """

    def __init__(self, store: Store, domain: str) -> None:
        self._store = store
        self._domain = domain

    async def read(self) -> tuple[int, State]:
        """Return the version and the state; version 0 before the first write."""
        async with self._store.autocommit(None, synchronous_commit=False) as single:
            found = await single.rows(Q["read_gate"], {"domain": self._domain})
        return (found[0][0], decode(found[0][1])) if found else (0, State())

    async def swap(self, version: int, state: State) -> bool:
        """Write `state` as the version after `version`; False when somebody else already has."""
        params = {"domain": self._domain, "version": version, "state": encode(state).decode()}
        async with self._store.autocommit(None, synchronous_commit=False) as single:
            return bool(await single.value(Q["swap_gate"], params))
