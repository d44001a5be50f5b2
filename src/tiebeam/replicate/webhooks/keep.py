"""Looking after hooks: made, checked and repaired on connect, and what was missed while nobody listened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.connectors.procore.hook_calls import HooksRefusedError
from tiebeam.connectors.procore.hooks import Wanted, repair, triggers_for
from tiebeam.kernel.correlation import correlation_id
from tiebeam.replicate.webhooks.model import Hook
from tiebeam.replicate.webhooks.plan import filed, streams_to_catch_up
from tiebeam.replicate.webhooks.receive import secret_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from uuid import UUID

    from tiebeam.connectors.procore.hook_calls import HookCalls
    from tiebeam.connectors.procore.hooks import Repair
    from tiebeam.connectors.streams import Stream
    from tiebeam.kernel.clock import Clock
    from tiebeam.replicate.webhooks.repository import Deliveries, Hooks

PAYLOAD_VERSION = "v3.0"
"""It names the app that acted, by which our own writes are known, and what a record belongs to."""

_OVERLAP = timedelta(minutes=5)
_MENDED_BY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a connection's hook is to be."""

    tenant_id: UUID
    connection_id: UUID
    company_id: str
    destination_url: str
    own_application_id: str | None = None
    own_user_id: str | None = None
    """Only for a service account: a person also writes by hand."""
    payload_version: str = PAYLOAD_VERSION
    project_id: str | None = None
    """Any project that can be seen: Procore lists apart what projects tell of."""

    @property
    def namespace(self) -> str:
        """Where the hook stands, apart from those of every other connection and installation."""
        return f"tiebeam-{self.connection_id}"


@dataclass(frozen=True, slots=True)
class Caught:
    """What catching up found."""

    listed: int
    """Deliveries in the vendor's list of the window."""
    new: int
    """Those that had never arrived."""
    scopes_to_read: int = 0
    """Where the list could not be had: how many scopes are read again from the window's beginning."""


class HookKeeper:
    """Keeps the one hook of a connection as it ought to be."""

    def __init__(
        self,
        hooks: Hooks,
        calls: HookCalls,
        clock: Clock,
        *,
        new_id: Callable[[], UUID],
        new_secret: Callable[[], str],
    ) -> None:
        """`new_secret` returns at least 256 random bits as text."""
        self._hooks = hooks
        self._calls = calls
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret

    async def keep(self, terms: Terms) -> Repair:
        """Make the vendor's side be what is wanted, and return what that took. Raises TiebeamError.

        Catch up first (`Gap`): what waits for a hook that is made anew goes with it, and is then read again
        from the moment up to which nothing is missing.
        """
        current = await self._hooks.current()
        wanted, plan = await self._plan(terms, current)
        if plan.add and current is not None:
            # Before anything is touched, so that no kill can make it forgotten; and again when all is done.
            await self._read_since(current, self._clock.now() + _MENDED_BY)
        for stray in plan.remove:
            await self._calls.remove(stray)
        hook_id = plan.keep
        if hook_id is None:
            hook_id = await self._make(terms, wanted)
        await self._calls.add_triggers(hook_id, plan.add)
        await self._calls.drop_triggers(hook_id, plan.drop)
        if plan.add and current is not None:
            await self._read_since(current, self._clock.now())
        return plan

    async def _read_since(self, hook: Hook, at: datetime) -> None:
        await self._hooks.read_all_since(hook.seen_until, streams_to_catch_up(), at)

    async def end(self, terms: Terms) -> int:
        """Have the vendor call no more; return how many hooks that removed. Raises TiebeamError."""
        found = await self._calls.hooks(terms.namespace)
        for hook in found:
            await self._calls.remove(hook.id)
        await self._hooks.retire(self._clock.now())
        return len(found)

    async def check(self, terms: Terms) -> Repair:
        """Return what `keep` would do, and do nothing."""
        return (await self._plan(terms, await self._hooks.current()))[1]

    async def _plan(self, terms: Terms, current: Hook | None) -> tuple[Wanted, Repair]:
        offered = await self._calls.resources(terms.payload_version)
        if terms.project_id is not None:
            offered += await self._calls.project_resources(terms.project_id, terms.payload_version)
        wanted = Wanted(terms.namespace, terms.destination_url, terms.payload_version, triggers_for(offered))
        found = await self._calls.hooks(terms.namespace)
        known_id = current.vendor_hook_id if current else None
        there = known_id in {hook.id for hook in found}
        triggers = {known_id: await self._calls.triggers(known_id)} if known_id and there else {}
        return wanted, repair(wanted, found, triggers, known_id)

    async def _make(self, terms: Terms, wanted: Wanted) -> str:
        authorization = f"Bearer {self._new_secret()}"
        now = self._clock.now()
        hook = Hook(
            id=self._new_id(),
            tenant_id=terms.tenant_id,
            connection_id=terms.connection_id,
            company_id=terms.company_id,
            secret_hash=secret_hash(authorization),
            vendor_hook_id=None,
            destination_url=terms.destination_url,
            payload_version=terms.payload_version,
            own_application_id=terms.own_application_id,
            own_user_id=terms.own_user_id,
            made_at=now,
            retired_at=None,
            seen_until=now,
        )
        await self._hooks.begin(hook)
        made = await self._calls.make(wanted, authorization)
        await self._hooks.put_in_use(hook, made.id, now)
        return made.id


class Gap:
    """Finds what was to be delivered and never came."""

    def __init__(
        self, hooks: Hooks, calls: HookCalls, deliveries: Deliveries, clock: Clock, streams: Iterable[Stream]
    ) -> None:
        self._hooks = hooks
        self._calls = calls
        self._deliveries = deliveries
        self._clock = clock
        self._streams = {stream.name: stream for stream in streams}

    async def catch_up(self) -> Caught:
        """Take in, from the vendor's own list, what was missed since the last time; nothing without a hook.

        Where the list cannot be had, what can be read from that moment on is.
        Raises TiebeamError when nothing can be asked before a person acts.
        """
        hook = await self._hooks.current()
        if hook is None or hook.vendor_hook_id is None:
            return Caught(0, 0)
        now = self._clock.now()
        since = hook.seen_until - _OVERLAP
        try:
            listed = await self._calls.deliveries(hook.vendor_hook_id, since, now + _OVERLAP)
        except HooksRefusedError:
            missable = streams_to_catch_up()
            scopes = await self._hooks.read_all_since(since, missable, now)
            await self._hooks.see_until(hook, now)
            return Caught(0, 0, scopes)
        under = correlation_id()
        arrived = [
            filed(
                one.event,
                hook,
                self._streams,
                body=one.payload,
                received_at=now,
                source="gap",
                correlation_id=under,
            )
            for one in listed
            if one.event.company_id == hook.company_id
        ]
        new = await self._deliveries.keep(arrived) if arrived else 0
        await self._hooks.see_until(hook, now)
        return Caught(len(listed), new)
