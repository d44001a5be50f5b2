"""The first run and the states of consent under way, remembered by their hashes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tiebeam.identity.secrets import hash_of, new_secret
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tiebeam.identity.model import Session
    from tiebeam.kernel.clock import Clock
    from tiebeam.store.pool import Store

Q = queries("tiebeam.identity.beginning")

TOKEN_LASTS: Final = timedelta(hours=1)
STATE_LASTS: Final = timedelta(minutes=15)


class FirstRun:
    """The one-time token by which the first person of a database comes in."""

    def __init__(self, store: Store, clock: Clock, *, new_secret: Callable[[], str] = new_secret) -> None:
        self._store = store
        self._clock = clock
        self._new_secret = new_secret

    async def begin(self) -> str | None:
        """Return a token, good for an hour, in the place of any other; None once there is anybody."""
        token = self._new_secret()
        named = {"hash": hash_of(token), "until": self._clock.now() + TOKEN_LASTS}
        async with self._store.transaction(None) as tx:
            return token if await tx.value(Q["begin_first_run"], named) else None

    async def is_open(self, token: str) -> bool:
        """Say whether a token still lets the first person in."""
        async with self._store.transaction(None) as tx:
            named = {"hash": hash_of(token), "at": self._clock.now()}
            return bool(await tx.value(Q["first_run_open"], named))

    async def use(self, token: str) -> bool:
        """Use up a token; say whether it let the first person in. Of two at once, it does for one."""
        async with self._store.transaction(None) as tx:
            named = {"hash": hash_of(token), "at": self._clock.now()}
            return bool(await tx.value(Q["use_first_run"], named))


class ConsentStates:
    """What tells that who comes back from a vendor's consent page is who left for it."""

    def __init__(
        self, store: Store, tenant_id: UUID, clock: Clock, *, new_secret: Callable[[], str] = new_secret
    ) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._clock = clock
        self._new_secret = new_secret

    async def begin(self, session: Session) -> str:
        """Return a state that serves once, within a quarter of an hour, in this session."""
        state, now = self._new_secret(), self._clock.now()
        named = {**self._named(session, state), "now": now, "until": now + STATE_LASTS}
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["begin_connect"], named)
        return state

    async def end(self, session: Session, state: str) -> bool:
        """Use up a state; say whether it was this session's and still good."""
        named = {**self._named(session, state), "now": self._clock.now()}
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.run(Q["end_connect"], named) > 0

    def _named(self, session: Session, state: str) -> dict[str, object]:
        return {"tenant_id": self._tenant_id, "session_id": session.id, "hash": hash_of(state)}
