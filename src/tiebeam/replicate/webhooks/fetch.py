"""Fetching: the records that deliveries told of, read and written; a deletion is confirmed first."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import orjson

from tiebeam.connectors.ports import Detail, PageRequest, Refusal, RefusalKind, Share
from tiebeam.kernel.canonical import UnstorableError
from tiebeam.kernel.correlation import bound
from tiebeam.replicate.model import State
from tiebeam.replicate.plan import families, group_name, newest
from tiebeam.replicate.reading import Reading, merged, whole
from tiebeam.replicate.webhooks.model import Fetched, Pending
from tiebeam.replicate.webhooks.plan import (
    ATTEMPTS_MAX,
    PAGES_MAX,
    absence_is_proof,
    first_asks,
    next_wait,
    second_asks,
    show_path,
)
from tiebeam.replicate.webhooks.repository import Landed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.connectors.ports import Page, Reader
    from tiebeam.connectors.streams import Scope, Stream
    from tiebeam.kernel.clock import Clock
    from tiebeam.replicate.model import Feed, Incoming
    from tiebeam.replicate.webhooks.model import Known
    from tiebeam.replicate.webhooks.plan import Ask
    from tiebeam.replicate.webhooks.repository import Landing

LOG = logging.getLogger(__name__)

BATCH = 500
_TOLD_MAX = 50
_LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)
_BUSY_WAIT = timedelta(seconds=2)
_PAGES_OF_A_WINDOW_MAX = 50
_IN_BIN = "the vendor told of its deletion, and has it in its recycle bin or marks it as deleted"
_NOWHERE = "the vendor told of its deletion, no longer knows it, and its listing is readable and without it"


@dataclass(slots=True)
class _Look:
    """What was seen in one feed."""

    feed: Feed
    wanted: list[Pending]
    known: dict[str, Known]
    rows: dict[str, Incoming] = field(default_factory=dict)
    gone: dict[str, Incoming] = field(default_factory=dict)
    refusal: Refusal | None = None
    whole: bool = True
    """Whether every listing that was asked was read to its end."""
    calls: int = 0

    @property
    def keys(self) -> set[str]:
        return {pending.key for pending in self.wanted if pending.key}

    @property
    def everything(self) -> bool:
        """Whether whatever changed is wanted."""
        return any(not pending.key for pending in self.wanted)

    @property
    def complete(self) -> bool:
        """Whether everything that was asked was answered, to its end."""
        return self.refusal is None and self.whole

    def missing(self) -> list[Pending]:
        """Return what is still to be looked for: not seen, or seen alive where a deletion was told."""
        return [
            pending
            for pending in self.wanted
            if pending.key
            and pending.key not in self.gone
            and (pending.deleted or pending.key not in self.rows)
        ]


class Fetcher:
    """Fetches what waits for one connection; what is not settled waits on."""

    def __init__(
        self,
        landing: Landing,
        reader: Reader,
        clock: Clock,
        streams: Sequence[Stream],
        *,
        share: Share = Share.WEBHOOK,
    ) -> None:
        """`share` pays for the calls."""
        self._landing = landing
        self._share = share
        self._reader = reader
        self._clock = clock
        self._streams = {stream.name: stream for stream in streams}
        self._families = families(streams)

    async def run(self) -> Fetched:
        """Fetch everything that is due, a listing for all records of a stream and scope together.

        Raises TiebeamError when nothing can be read before a person acts.
        """
        done = Fetched()
        groups: dict[tuple[str, str], list[Pending]] = defaultdict(list)
        for pending in await self._landing.due(BATCH):
            groups[pending.stream, pending.scope_text].append(pending)
        for (name, _), wanted in groups.items():
            stream = self._streams.get(name)
            if stream is None:
                await self._leave(wanted, done)
            else:
                with bound(wanted[0].correlation_id):
                    _tell_whose(wanted)
                    await self._locked(stream, wanted, done)
        return done

    async def one(self, stream: Stream, scope: Scope, key: str) -> Fetched:
        """Fetch one record that a person wants to be current now; `waiting` says that it is being synced.

        One that is not where it was is looked for as one that was told to be deleted: a deletion that is not
        proven (`unconfirmed`) is left to polling. Raises TiebeamError.
        """
        now = self._clock.now()
        done = Fetched()
        wanted = Pending(
            stream.name, scope.text, key, deleted=False, first_at=now, last_at=now, generation=0,
            attempts=ATTEMPTS_MAX,
        )  # fmt: skip
        known_to = [feed.watermark or _LONG_AGO for feed in await self._landing.feeds_within(wanted)]
        wanted = replace(wanted, first_at=min(known_to, default=now))
        await self._locked(stream, [wanted], done)
        if done.left:
            done.left = 0
            await self._locked(stream, [replace(wanted, deleted=True)], done)
        return done

    async def _locked(self, stream: Stream, wanted: list[Pending], done: Fetched) -> None:
        """Fetch behind the lock under which a sync reads the same listings."""
        lock = await self._landing.lock(group_name(stream, wanted[0].scope, self._families))
        if lock is None:
            later = self._clock.now() + _BUSY_WAIT
            await self._landing.put_off(dict.fromkeys(wanted, later), "it is being synced", attempted=False)
            done.waiting += len(wanted)
            return
        async with lock:
            await self._group(stream, wanted, done)

    async def _group(self, stream: Stream, wanted: list[Pending], done: Fetched) -> None:
        feeds = await self._landing.feeds_within(wanted[0])
        if not feeds:
            # Never read, or not ours to read: the sync that opens it reads everything.
            await self._leave(wanted, done)
            return
        known = await self._landing.known(feeds, [pending.key for pending in wanted if pending.key])
        settled: set[str] = set()
        error = "it is not in the vendor's listing"
        complete = True
        for feed in feeds:
            elsewhere = {one.key for one in known if one.feed_id != feed.id}
            mine = [pending for pending in wanted if pending.key not in elsewhere]
            if not mine:
                continue
            look = await self._look(feed, stream, mine, known)
            settled |= await self._take_in(stream, look, done)
            error = look.refusal.cause if look.refusal else error
            complete = complete and look.complete
        if complete:
            settled.add("")
        await self._settle(wanted, settled, error, done)

    async def _look(self, feed: Feed, stream: Stream, wanted: list[Pending], known: Sequence[Known]) -> _Look:
        look = _Look(feed, wanted, {one.key: one for one in known if one.feed_id == feed.id})
        for ask in first_asks(stream, wanted, look.known.values()):
            await self._read(stream, ask, look)
        missing = look.missing()
        if missing and look.refusal is None:
            for ask in second_asks(stream, missing, look.known):
                await self._read(stream, ask, look)
        return look

    async def _read(self, stream: Stream, ask: Ask, look: _Look) -> None:
        """Read a listing to its end, or as far as it is worth."""
        if look.refusal is not None:
            return
        listing = stream.listings[ask.listing]
        pages_max = _PAGES_OF_A_WINDOW_MAX if look.everything else PAGES_MAX
        number = 0
        has_next = True
        while has_next and number < pages_max:
            number += 1
            page, ask = await self._page(stream, ask, look.feed, number)
            look.calls += page.calls
            if isinstance(page, Refusal):
                look.refusal = page
                return
            reading = Reading(page, stream, listing)
            for _ in reading.read_all():
                await self._clock.sleep(0)
            for row in newest(reading.rows):
                (look.gone if row.gone else look.rows)[row.key] = row
            has_next = page.has_next
        look.whole = look.whole and not has_next

    async def _page(self, stream: Stream, ask: Ask, feed: Feed, number: int) -> tuple[Page | Refusal, Ask]:
        """Ask for a page; a window that ends after the project's own today is made a day shorter."""
        while True:
            answer = await self._reader.page(
                PageRequest(
                    stream,
                    ask.listing,
                    feed.scope,
                    number,
                    per_page=feed.per_page,
                    updated_from=ask.updated_from,
                    updated_to=ask.updated_to,
                    day_from=ask.day_from,
                    day_to=ask.day_to,
                    share=self._share,
                )
            )
            ahead = isinstance(answer, Refusal) and answer.kind is RefusalKind.WINDOW_AHEAD
            if not ahead or ask.day_to is None or ask.day_from == ask.day_to:
                return answer, ask
            ask = replace(ask, day_to=ask.day_to - timedelta(days=1))

    async def _take_in(self, stream: Stream, look: _Look, done: Fetched) -> set[str]:
        """Write what was seen, and return the keys (empty for the whole window) that it settles."""
        done.calls += look.calls
        gone = {key: row for key, row in look.gone.items() if key in look.keys or look.everything}
        living = [row for key, row in look.rows.items() if key not in gone]
        landed, unread = await self._whole(stream, look, living, done)
        strangers = [Landed(row) for key, row in gone.items() if key not in look.known]
        await self._land(look.feed, [*landed, *strangers], done, calls=look.calls)
        nowhere = await self._proven_gone(stream, look, done)
        await self._delete(look.feed, gone, _IN_BIN, done)
        await self._delete(look.feed, nowhere, _NOWHERE, done)
        alive = {pending.key for pending in look.wanted if _is_alive(pending, look)}
        look.whole = look.whole and not unread
        return (set(gone) | nowhere | alive) - unread - {""}

    async def _whole(
        self, stream: Stream, look: _Look, living: list[Incoming], done: Fetched
    ) -> tuple[list[Landed], set[str]]:
        """Return whole records; for listings that do not say everything, those that are wanted."""
        if stream.detail is None:
            return [Landed(row) for row in living], set()
        wanted = [row for row in living if row.key in look.keys]
        if look.everything:
            others = [row for row in living if row.key not in look.keys]
            wanted += await self._landing.stale(look.feed, others)
        landed, unread = [], set()
        for row in wanted:
            one = await self._detailed(stream, look, row, done)
            if one is None:
                unread.add(row.key)
            else:
                landed.append(one)
        return landed, unread

    async def _detailed(self, stream: Stream, look: _Look, listed: Incoming, done: Fetched) -> Landed | None:
        answer = await self._reader.detail(stream, look.feed.scope, listed.key, self._share)
        done.calls += answer.calls
        if isinstance(answer, Refusal):
            return None
        row, _ = merged(orjson.loads(listed.data), answer.row)
        try:
            found = whole(stream, row)
        except UnstorableError:
            return None
        if found.key != listed.key:
            return None
        return Landed(found, None if _same_second(listed, answer) else listed.hash)

    async def _land(self, feed: Feed, landed: list[Landed], done: Fetched, *, calls: int) -> None:
        if not landed:
            return
        changes = await self._landing.land(feed, landed, calls=calls)
        done.created += len(changes.created)
        done.updated += len(changes.updated)
        done.restored += len(changes.restored)
        done.unchanged += changes.unchanged
        done.changed(feed.id, len(changes.created) + len(changes.updated) + len(changes.restored))

    async def _delete(
        self, feed: Feed, keys: set[str] | dict[str, Incoming], why: str, done: Fetched
    ) -> None:
        if keys:
            ending = await self._landing.delete(feed, keys, why)
            done.deleted += ending.deleted
            done.changed(feed.id, ending.deleted)
            done.held += ending.held

    async def _proven_gone(self, stream: Stream, look: _Look, done: Fetched) -> set[str]:
        """Return the keys of those told to be deleted that are nowhere, in a listing that is readable."""
        proven: set[str] = set()
        for pending in look.missing():
            known = look.known.get(pending.key)
            if not pending.deleted or pending.key in look.rows or known is None:
                continue
            believable = look.complete and absence_is_proof(stream)
            if known.state == State.DELETED or (
                believable and await self._is_unknown(stream, look.feed, pending.key, done)
            ):
                proven.add(pending.key)
        return proven

    async def _is_unknown(self, stream: Stream, feed: Feed, key: str, done: Fetched) -> bool:
        asked = replace(stream, detail=show_path(stream))
        answer = await self._reader.detail(asked, feed.scope, key, self._share)
        done.calls += answer.calls
        return isinstance(answer, Refusal) and answer.kind is RefusalKind.NOT_FOUND

    async def _settle(self, wanted: list[Pending], settled: set[str], error: str, done: Fetched) -> None:
        """Strike what was settled; the rest is looked for again a few times, then left to polling."""
        now = self._clock.now()
        finished = [pending for pending in wanted if pending.key in settled]
        later = {}
        for pending in wanted:
            wait = next_wait(pending.attempts + 1)
            if pending.key in settled:
                continue
            if wait is None:
                finished.append(pending)
                done.left += not pending.deleted
                done.unconfirmed += pending.deleted
            else:
                later[pending] = now + wait
        done.waiting += len(later)
        await self._landing.settle(finished)
        await self._landing.put_off(later, error)

    async def _leave(self, wanted: list[Pending], done: Fetched) -> None:
        done.left += len(wanted)
        await self._landing.settle(wanted)


def _tell_whose(wanted: Sequence[Pending]) -> None:
    """Say which deliveries share the calls that follow: those are told of under the id of the first."""
    others = list(dict.fromkeys(one.correlation_id for one in wanted[1:] if one.correlation_id))
    LOG.debug(
        "webhook.fetching",
        extra={"stream": wanted[0].stream, "records": len(wanted), "also_for": others[:_TOLD_MAX]},
    )


def _is_alive(pending: Pending, look: _Look) -> bool:
    """Whether a record was seen alive, and may be believed to be, whatever was told before.

    A listing may lag behind the telling of a deletion: it is looked at once more.
    """
    seen = pending.key in look.rows and pending.key not in look.gone
    return seen and (not pending.deleted or pending.attempts > 0)


def _same_second(listed: Incoming, answer: Detail) -> bool:
    """Whether the record may change again and its row stay the same: its time is in whole seconds."""
    if listed.vendor_at is None or answer.server_date is None:
        return False
    return answer.server_date - listed.vendor_at <= timedelta(seconds=1)
