"""Sessions, API keys, devices and sign-ins under way, remembered; and the doors that failures shut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tiebeam.identity.model import ApiKey, Device, How, Session
from tiebeam.identity.rules import FORGOTTEN_SECONDS
from tiebeam.store.adapt import Hashes
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.identity.rules import Door
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries("tiebeam.identity.entry")


class Heard(NamedTuple):
    """Whether a try is heard."""

    wait_until: datetime | None
    """None: it is heard."""
    missed: int
    """How many tries were not heard since the last one that was."""


class Doors:
    """Where somebody knocks of whom nothing is known yet, and whose secrets tell which company is meant."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def knock(self, doors: Sequence[Door], at: datetime) -> Heard:
        """Count a try at each of the doors as a failure, unless one is shut."""
        named = {
            "keys": Hashes([door.key for door in doors]),
            "free": [door.waits.free for door in doors],
            "base_seconds": [float(door.waits.base_seconds) for door in doors],
            "max_seconds": [float(door.waits.seconds_max) for door in doors],
            "forget_seconds": FORGOTTEN_SECONDS,
            "at": at,
        }
        async with self._store.autocommit(None) as single:
            ((wait_until, missed),) = await single.rows(Q["knock"], named)
        return Heard(wait_until, missed)

    async def tenant_of_session(self, token_hash: bytes) -> UUID | None:
        """Return whose session a token is."""
        return await self._tenant("tenant_of_session", token_hash)

    async def tenant_of_key(self, secret_hash: bytes) -> UUID | None:
        """Return whose API key a secret is."""
        return await self._tenant("tenant_of_key", secret_hash)

    async def tenant_of_device(self, token_or_code_hash: bytes) -> UUID | None:
        """Return whose device a token or a code is."""
        return await self._tenant("tenant_of_device", token_or_code_hash)

    async def tenant_of_flow(self, secret_hash: bytes) -> UUID | None:
        """Return to which company a sign-in under way leads."""
        return await self._tenant("tenant_of_flow", secret_hash)

    async def _tenant(self, query: str, secret_hash: bytes) -> UUID | None:
        async with self._store.autocommit(None) as single:
            found: UUID | None = await single.value(Q[query], {"hash": secret_hash})
        return found


class _Within:
    """Something of one tenant, within one transaction."""

    def __init__(self, tx: Transaction, tenant_id: UUID) -> None:
        self._tx = tx
        self._tenant_id = tenant_id

    def _named(self, **more: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, **more}


class Sessions(_Within):
    """The sessions of one tenant."""

    async def begin(self, session: Session, token_hash: bytes) -> None:
        """Keep a session."""
        named = {name: getattr(session, name) for name in session.__dataclass_fields__}
        named |= {"token_hash": token_hash, "how": session.how.value}
        await self._tx.run(Q["insert_session"], named)

    async def find(self, token_hash: bytes) -> Session | None:
        """Return the session of a token, whether it stands or not."""
        rows = await self._tx.rows(Q["find_session"], self._named(hash=token_hash))
        return _session(rows[0]) if rows else None

    async def of(self, person_id: UUID, at: datetime, idle_since: datetime) -> list[Session]:
        """Return somebody's sessions that stand."""
        named = self._named(person_id=person_id, at=at, idle_since=idle_since)
        return [_session(row) for row in await self._tx.rows(Q["sessions"], named)]

    async def see(self, session_id: UUID, at: datetime) -> None:
        """Remember that a session was in use."""
        await self._tx.run(Q["see_session"], self._named(id=session_id, at=at))

    async def end(self, session_id: UUID) -> bool:
        """End a session; say whether there was one."""
        return await self._tx.run(Q["end_session"], self._named(id=session_id)) > 0

    async def end_all(
        self, *, person_id: UUID | None = None, device_id: UUID | None = None, but: UUID | None = None
    ) -> int:
        """End the sessions of somebody, or on a device; return how many."""
        named = self._named(person_id=person_id, device_id=device_id, but=but)
        return await self._tx.run(Q["end_sessions"], named)

    async def end_all_by_pin(self, person_id: UUID) -> int:
        """End the sessions that somebody began with a PIN; return how many."""
        return await self._tx.run(Q["end_sessions_by_pin"], self._named(person_id=person_id))

    async def drop_over(self, person_id: UUID, at: datetime, idle_since: datetime) -> None:
        """Forget somebody's sessions that are over."""
        await self._tx.run(Q["drop_over"], self._named(person_id=person_id, at=at, idle_since=idle_since))

    async def welcome(self, proved: Sequence[Door], passed: Sequence[Door], at: datetime) -> None:
        """A try proved good: the first doors begin anew, the others forget this one."""
        keys = {
            "proved": Hashes([door.key for door in proved]),
            "passed": Hashes([door.key for door in passed]),
        }
        await self._tx.rows(Q["welcome"], keys | {"at": at})


class Keys(_Within):
    """The API keys of one tenant."""

    async def add(self, key: ApiKey, secret_hash: bytes) -> None:
        """Keep a key."""
        named = {name: getattr(key, name) for name in key.__dataclass_fields__}
        await self._tx.run(
            Q["insert_key"], named | {"secret_hash": secret_hash, "scopes": sorted(key.scopes)}
        )

    async def all(self) -> list[ApiKey]:
        """Return every key."""
        return [_key(row) for row in await self._tx.rows(Q["keys"], self._named())]

    async def find(self, secret_hash: bytes) -> ApiKey | None:
        """Return the key of a secret, whether it stands or not."""
        rows = await self._tx.rows(Q["find_key"], self._named(hash=secret_hash))
        return _key(rows[0]) if rows else None

    async def hold(self, key_id: UUID) -> ApiKey | None:
        """Return a key, held until the transaction ends."""
        rows = await self._tx.rows(Q["hold_key"], self._named(id=key_id))
        return _key(rows[0]) if rows else None

    async def use(self, key_id: UUID, at: datetime) -> None:
        """Remember that a key was used."""
        await self._tx.run(Q["use_key"], self._named(id=key_id, at=at))

    async def replace(self, key_id: UUID, replaced_by: UUID, expires_at: datetime) -> None:
        """Another key takes the place of this one, which works until then."""
        named = self._named(id=key_id, replaced_by=replaced_by, expires_at=expires_at)
        await self._tx.run(Q["replace_key"], named)

    async def revoke(self, key_id: UUID, at: datetime) -> bool:
        """Let a key in no more; say whether it was still let in."""
        return await self._tx.run(Q["revoke_key"], self._named(id=key_id, at=at)) > 0


class EnrolledDevices(_Within):
    """The devices of one tenant."""

    async def invite(self, device: Device, code_hash: bytes, code_expires_at: datetime) -> None:
        """Make room for a device."""
        named = {"id": device.id, "name": device.name, "made_at": device.made_at}
        named |= {"code_hash": code_hash, "code_expires_at": code_expires_at}
        await self._tx.run(Q["insert_device"], self._named(**named))

    async def enrol(self, code_hash: bytes, token_hash: bytes, at: datetime) -> Device | None:
        """Take a device in by its code; None when the code no longer serves."""
        named = self._named(code_hash=code_hash, token_hash=token_hash, at=at)
        return await self._tx.one(Device, Q["enrol_device"], named)

    async def all(self) -> list[Device]:
        """Return every device."""
        return await self._tx.all(Device, Q["devices"], self._named())

    async def find(self, token_hash: bytes) -> Device | None:
        """Return the device of a token, whether it is revoked or not."""
        return await self._tx.one(Device, Q["find_device"], self._named(hash=token_hash))

    async def hold(self, device_id: UUID) -> Device | None:
        """Return a device, held until the transaction ends."""
        return await self._tx.one(Device, Q["hold_device"], self._named(id=device_id))

    async def see(self, device_id: UUID, at: datetime) -> None:
        """Remember that a device was in use."""
        await self._tx.run(Q["see_device"], self._named(id=device_id, at=at))

    async def revoke(self, device_id: UUID, at: datetime) -> bool:
        """Let a device in no more; say whether it was still let in."""
        return await self._tx.run(Q["revoke_device"], self._named(id=device_id, at=at)) > 0


class Flows(_Within):
    """The sign-ins of one tenant that are under way at an OpenID provider."""

    async def begin(self, secret_hash: bytes, return_to: str, at: datetime, expires_at: datetime) -> None:
        """Remember a sign-in under way, and forget those that never came back."""
        named = self._named(hash=secret_hash, return_to=return_to, expires_at=expires_at)
        await self._tx.run(Q["drop_flows"], self._named(at=at))
        await self._tx.run(Q["begin_flow"], named)

    async def take(self, secret_hash: bytes, at: datetime) -> str | None:
        """Take up a sign-in that comes back: where it wants to go on to, None when it is over or none."""
        rows = await self._tx.rows(Q["take_flow"], self._named(hash=secret_hash))
        return str(rows[0][0]) if rows and rows[0][1] > at else None


def _session(row: tuple[Any, ...]) -> Session:
    id_, tenant_id, person_id, csrf, made_at, seen_at, expires_at, how, device_id = row
    return Session(id_, tenant_id, person_id, csrf, made_at, seen_at, expires_at, How(how), device_id)


def _key(row: tuple[Any, ...]) -> ApiKey:
    id_, tenant_id, name, prefix, scopes, *rest = row
    return ApiKey(id_, tenant_id, name, prefix, frozenset(scopes), *rest)
