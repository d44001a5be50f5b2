"""What replication remembers. One page, one transaction; every query names its tenant, wall or no wall."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from tiebeam.connectors.streams import Scope
from tiebeam.kernel.canonical import content_hash
from tiebeam.replicate.model import (
    Access,
    Change,
    Debt,
    Ending,
    Feed,
    Hold,
    Incoming,
    Mode,
    PageChanges,
    Pull,
    PullStatus,
    Run,
    Segment,
    State,
    Tally,
    Verdict,
)
from tiebeam.replicate.plan import (
    Anew,
    batches,
    classify,
    ending,
    evidence,
    fuse,
    newest,
    next_watermark,
    renewal,
)
from tiebeam.replicate.rows import feed_of, pull_of, stored_of
from tiebeam.store.adapt import Hashes, Json, Jsons, Texts
from tiebeam.store.sql import queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from tiebeam.connectors.ports import Damage
    from tiebeam.connectors.streams import Absence
    from tiebeam.kernel.clock import Clock
    from tiebeam.replicate.progress import Progress
    from tiebeam.replicate.reading import Reading, ReadPage
    from tiebeam.store.locks import Lock
    from tiebeam.store.pool import Store
    from tiebeam.store.transaction import Transaction

Q = queries(__package__ or "tiebeam.replicate")

CAME_GONE = "deleted before it was first seen: the vendor has it in its recycle bin or marks it as deleted"

_Asked: TypeAlias = "tuple[str, dict[str, Any]]"

_STATEMENT_BYTES_MAX = 192 * 1024
"""How much content one statement carries, unless a single record is larger."""
_RAW_BYTES_MAX = 64 * 1024 * 1024


class Replica:
    """The replica of one connection of one tenant, for the one who writes it."""

    def __init__(self, store: Store, tenant_id: UUID, connection_id: UUID, clock: Clock) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._connection_id = connection_id
        self._clock = clock

    async def lock(self, what: str) -> Lock | None:
        """Take a lock that dies with this process; None when another process holds it."""
        return await self._store.lock(f"{self._connection_id}/{what}")

    async def begin_run(self, wish: str, *, stale_before: datetime) -> tuple[Run, set[int]]:
        """Open a run, or go on with one that was cut off; with the ids of the feeds it has already read.

        Of those, some may still owe details.
        """
        named = self._named(wish=wish, at=self._clock.now(), stale_before=stale_before)
        async with self._store.transaction(self._tenant_id) as tx:
            run = await tx.one(Run, Q["begin_run"], named)
            assert run is not None
            done = await tx.rows(Q["done_in_run"], self._named(started_at=run.started_at))
        return run, {row[0] for row in done}

    async def note_progress(self, run: Run, progress: Progress) -> None:
        """Say how far a run is, for whoever looks on."""
        told = Json(orjson.dumps(asdict(progress)))
        named = self._named(id=run.id, at=self._clock.now(), progress=told)
        async with self._store.autocommit(self._tenant_id) as single:
            await single.run(Q["note_progress"], named)

    async def end_run(self, run: Run, tally: Tally) -> None:
        """Close a run."""
        named = self._named(id=run.id, at=self._clock.now(), tally=Json(orjson.dumps(asdict(tally))))
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["end_run"], named)

    async def ensure_feeds(self, wanted: Iterable[tuple[str, Scope]]) -> list[Feed]:
        """Make the feeds that are missing and return all of the connection's feeds."""
        pairs = sorted({(stream, scope.text) for stream, scope in wanted})
        async with self._store.transaction(self._tenant_id) as tx:
            if pairs:
                names = {"streams": [pair[0] for pair in pairs], "scopes": [pair[1] for pair in pairs]}
                await tx.run(Q["ensure_feeds"], self._named(**names))
            return [feed_of(feed) for feed in await tx.all(Feed, Q["feeds"], self._named())]

    async def feed(self, stream: str, scope: Scope) -> Feed | None:
        """Return one feed, or None when it was never made."""
        async with self._store.transaction(self._tenant_id) as tx:
            found = await tx.one(Feed, Q["feed"], self._named(stream=stream, scope=scope.text))
        return feed_of(found) if found else None

    async def parents(self, stream: str) -> list[tuple[Scope, str]]:
        """Return scope and key of every live record of `stream`."""
        async with self._store.transaction(self._tenant_id) as tx:
            rows = await tx.rows(Q["parents"], self._named(stream=stream))
        return [(Scope.parse(scope), key) for scope, key in rows]

    async def lost_parents(self, stream: str) -> list[tuple[Scope, str, State]]:
        """Return scope, key and state of every record of `stream` that is no longer live."""
        async with self._store.transaction(self._tenant_id) as tx:
            rows = await tx.rows(Q["parent_states"], self._named(stream=stream))
        return [(Scope.parse(scope), key, State(state)) for scope, key, state in rows]

    async def set_access(
        self, feeds: Sequence[Feed], access: Access, reason: str | None, next_at: datetime | None
    ) -> None:
        """Remember whether feeds can be read, why not, and when to ask again."""
        async with self._store.transaction(self._tenant_id) as tx:
            named = self._named(
                ids=[feed.id for feed in feeds], access=access.value, reason=reason, next_at=next_at
            )
            await tx.run(Q["set_access"], named)
            for feed in feeds:
                await self._log(tx, feed.id, None, f"access_{access.value}", detail=reason)

    async def running_pull(self, feed: Feed) -> Pull | None:
        """Return the pull that this feed has under way."""
        async with self._store.transaction(self._tenant_id) as tx:
            rows = await tx.rows(Q["running_pull"], self._named(feed_id=feed.id))
        return pull_of(rows[0]) if rows else None

    async def begin_pull(
        self,
        feed: Feed,
        mode: Mode,
        segments: tuple[Segment, ...],
        *,
        updated: tuple[datetime | None, datetime | None] = (None, None),
        all_details: bool = False,
    ) -> Pull:
        """Start a pull at its first page."""
        named = self._beginning(feed, mode, segments)
        named |= {"updated_from": updated[0], "updated_to": updated[1], "all_details": all_details}
        async with self._store.transaction(self._tenant_id) as tx:
            if mode in (Mode.INITIAL, Mode.SWEEP):
                await tx.run(Q["forget_given_up"], self._named(feed_id=feed.id))
            rows = await tx.rows(Q["begin_pull"], named)
        return pull_of(rows[0])

    async def begin_family(self, walks: Iterable[tuple[Feed, tuple[Segment, ...]]], mode: Mode) -> None:
        """Start the pulls of a family together: after a kill nothing needs to be counted again."""
        async with self._store.transaction(self._tenant_id) as tx:
            for feed, segments in walks:
                await tx.rows(Q["begin_pull"], self._beginning(feed, mode, segments))

    def _beginning(self, feed: Feed, mode: Mode, segments: tuple[Segment, ...]) -> dict[str, Any]:
        return self._named(
            feed_id=feed.id,
            mode=mode.value,
            segments=_segments_json(segments),
            per_page=feed.per_page,
            updated_from=None,
            updated_to=None,
            started_at=self._clock.now(),
            all_details=False,
        )

    async def apply_page(
        self, feed: Feed, pull: Pull, page: ReadPage, *, detailed: bool
    ) -> PageChanges | None:
        """Apply a page and move the checkpoint, in one transaction.

        `detailed` says that rows are owed a detail before they are written. Returns None, and changes
        nothing, when the checkpoint is no longer where `pull` has it: somebody else has read this page.
        """
        async with self._store.transaction(self._tenant_id, synchronous_commit=False) as tx:
            at_page = self._named(pull_id=pull.id, segment=pull.segment, next_page=pull.next_page)
            reading = page.reading
            asked = (
                _strange(feed, reading)
                if reading.to_be_known
                else _stored(feed, reading.rows, detailed=detailed)
            )
            held, *told = await tx.several(
                (Q["hold_checkpoint"], at_page), *((sql, self._named(**named)) for sql, named in asked)
            )
            if not held:
                return None
            known = 0
            if reading.to_be_known:
                known = len(reading.keys) - len(told[0])
                reading.read(row[0] for row in told[0])
                told = await self._told(tx, feed, reading.rows, detailed=detailed)
            rows = newest(reading.rows)
            changes = _compared(rows, told, anew=renewal(feed, pull) if detailed else None)
            async with tx.pipeline(last=True):
                await self._write(tx, feed, pull.id, changes, calls=page.calls)
                for damage in reading.damaged:
                    await self._note_damage(tx, feed, pull, damage)
                await self._note_page(tx, feed, pull, page, gone=[row.key for row in rows if row.gone])
                await self._advance(tx, page.after)
        return replace(changes, unchanged=changes.unchanged + known)

    async def _note_page(
        self, tx: Transaction, feed: Feed, pull: Pull, page: ReadPage, *, gone: Sequence[str]
    ) -> None:
        if gone:
            await tx.run(Q["strike_debts"], self._named(feed_id=feed.id, keys=gone))
        named = self._named(
            pull_id=pull.id,
            segment=pull.segment,
            page=pull.next_page,
            total=page.total,
            keys=Texts(page.reading.seen(gone)),
            gone=gone,
        )
        await tx.run(Q["note_page"], named)

    async def debts(self, feed: Feed, limit: int) -> list[Debt]:
        """Return the next records of a feed whose detail is owed and may be fetched now."""
        named = self._named(feed_id=feed.id, at=self._clock.now(), limit=limit)
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.all(Debt, Q["debts"], named)

    async def debt_counts(self) -> dict[int, int]:
        """Return how many details each feed of the connection still owes."""
        async with self._store.transaction(self._tenant_id) as tx:
            return dict(await tx.rows(Q["debt_count"], self._named()))

    async def pay_debt(
        self, feed: Feed, debt: Debt, row: Incoming, *, calls: int, again_at: datetime | None
    ) -> PageChanges:
        """Write a whole record that has arrived, and strike its debt.

        `again_at` keeps it until then: the record may have changed since without its listed row telling.
        """
        async with self._store.transaction(self._tenant_id) as tx:
            told = await self._told(tx, feed, [row], detailed=False)
            changes = _compared([row], told)
            async with tx.pipeline():
                await self._write(tx, feed, None, changes, calls=calls, list_hash=debt.list_hash)
                await self._refresh_list_hash(tx, feed, debt, changes)
                if again_at is None:
                    await tx.run(Q["pay_debt"], self._debt(feed, debt))
                else:
                    why = "it changed in the very second in which its detail was fetched"
                    await tx.run(Q["put_off_debt"], self._debt(feed, debt, next_at=again_at, error=why))
        return changes

    async def give_up_debt(self, feed: Feed, debt: Debt, *, calls: int, why: str) -> None:
        """Ask no more for a detail that cannot be had, until its row changes or a sweep begins."""
        async with self._store.transaction(self._tenant_id) as tx, tx.pipeline():
            await self._log(tx, feed.id, None, "skipped", keys=[debt.key], detail=why, calls=calls)
            await tx.run(Q["give_up_debt"], self._debt(feed, debt, error=why))

    def _debt(self, feed: Feed, debt: Debt, **values: Any) -> dict[str, Any]:
        return self._named(feed_id=feed.id, key=debt.key, list_hash=debt.list_hash, **values)

    async def _refresh_list_hash(self, tx: Transaction, feed: Feed, debt: Debt, changes: PageChanges) -> None:
        if not (changes.created or changes.updated or changes.restored):
            named = self._named(feed_id=feed.id, keys=[debt.key], list_hashes=[debt.list_hash])
            await tx.run(Q["refresh_list_hash"], named)

    async def put_off_debt(self, feed: Feed, debt: Debt, *, until: datetime, error: str) -> None:
        """Keep a debt for later: its detail could not be had now."""
        named = self._debt(feed, debt, next_at=until, error=error)
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["put_off_debt"], named)

    async def note_damage(self, feed: Feed, damage: Damage) -> None:
        """Keep something that could not be taken in, outside any page."""
        async with self._store.transaction(self._tenant_id) as tx:
            await self._note_damage(tx, feed, None, damage)

    async def end_pull(self, feed: Feed, pull: Pull, absence: Absence) -> Ending:
        """Draw the conclusions of a pull that has read its last page: absences, deletions, the watermark."""
        now = self._clock.now()
        async with self._store.transaction(self._tenant_id) as tx:
            at_end = self._named(pull_id=pull.id, segment=pull.segment, next_page=pull.next_page)
            if not await tx.rows(Q["hold_checkpoint"], at_end):
                return Ending(PullStatus.REFUSED)
            counts = await tx.rows(Q["segment_counts"], self._named(pull_id=pull.id))
            status = ending(pull, distinct=[row[1] for row in counts], totals=[row[2] for row in counts])
            found = await self._conclude(tx, feed, pull, status, absence)
            done = status is PullStatus.DONE
            await tx.run(Q["end_feed"], self._named(
                feed_id=feed.id, at=now, watermark=next_watermark(pull) if done else None,
                complete=pull.mode.complete and pull.mode is not Mode.WINDOW,
                swept=done and pull.mode in (Mode.INITIAL, Mode.SWEEP), per_page=pull.per_page,
            ))  # fmt: skip
            await tx.run(Q["end_pull"], self._named(pull_id=pull.id, status=status.value, at=now))
            await tx.run(Q["forget_pages"], self._named(pull_id=pull.id))
            await self._log(tx, feed.id, pull.id, "pull", detail=f"{pull.mode.value}: {status.value}")
        return found

    async def refuse_pull(self, feed: Feed, pull: Pull, error: str) -> None:
        """End a pull that the vendor would not let us finish; what was read stays."""
        now = self._clock.now()
        async with self._store.transaction(self._tenant_id) as tx:
            ended = self._named(pull_id=pull.id, status=PullStatus.REFUSED.value, at=now)
            await tx.run(Q["end_pull"], ended)
            await tx.run(Q["forget_pages"], self._named(pull_id=pull.id))
            await tx.run(Q["fail_feed"], self._named(feed_id=feed.id, error=error))
            await self._log(tx, feed.id, pull.id, "error", detail=error)

    async def fail_feed(self, feed: Feed, error: str) -> None:
        """Note why a feed could not be read now; its pull, if any, goes on later."""
        async with self._store.transaction(self._tenant_id) as tx:
            await tx.run(Q["fail_feed"], self._named(feed_id=feed.id, error=error))
            await self._log(tx, feed.id, None, "error", detail=error)

    async def holds(self, *, waiting_only: bool = True) -> list[Hold]:
        """Return the deletions that wait for a person (or all that ever did)."""
        named = self._named(status="waiting" if waiting_only else None, id=None)
        async with self._store.transaction(self._tenant_id) as tx:
            return await tx.all(Hold, Q["holds"], named)

    async def decide_hold(self, hold_id: int, *, approve: bool, by: str) -> int | None:
        """Apply or refuse deletions that waited; return how many were applied, None when nothing waited.

        Records that came back meanwhile are left alone. Refused ones must be missed twice again.
        """
        status = "approved" if approve else "refused"
        named = self._named(id=hold_id, status=status, at=self._clock.now(), by=by)
        async with self._store.transaction(self._tenant_id) as tx:
            decided = await tx.rows(Q["decide_hold"], named)
            if not decided:
                return None
            feed_id, keys, evidence = decided[0]
            await self._log(tx, feed_id, None, f"hold_{status}", keys=keys, detail=f"by {by}: {evidence}")
            if not approve:
                await tx.run(Q["found_again"], self._named(feed_id=feed_id, keys=keys))
                return 0
            named = self._named(feed_id=feed_id, keys=keys)
            keys = [row[0] for row in await tx.rows(Q["still_missed"], named)]
            why = f"{evidence}; approved by {by}"
            return await self._set_state(tx, feed_id, None, keys, state=State.DELETED, why=why)

    async def advance(self, pull: Pull, after: Pull) -> bool:
        """Move a checkpoint without a page (a window split in two); False when somebody else moved it."""
        async with self._store.transaction(self._tenant_id) as tx:
            at_page = self._named(pull_id=pull.id, segment=pull.segment, next_page=pull.next_page)
            if not await tx.rows(Q["hold_checkpoint"], at_page):
                return False
            await self._advance(tx, after)
        return True

    async def days_known(
        self, scope: Scope, *, header_stream: str, project_stream: str
    ) -> tuple[str | None, dict[str, Any]]:
        """Return the first day of a project's logs, and its `created_at` and `tz_name`."""
        named = self._named(
            scope=scope.text,
            header_stream=header_stream,
            project_stream=project_stream,
            project_id=scope.project_id,
        )
        async with self._store.transaction(self._tenant_id) as tx:
            first, project = (await tx.rows(Q["days_known"], named))[0]
        return first, project or {}

    async def live_in_window(self, feeds: Sequence[Feed], day_from: date, day_to: date) -> dict[int, int]:
        """Return how many live records those of the feeds hold that hold any between two days, by id."""
        named = self._named(feed_ids=[feed.id for feed in feeds], day_from=day_from, day_to=day_to)
        async with self._store.transaction(self._tenant_id) as tx:
            return dict(await tx.rows(Q["live_in_window"], named))

    async def live_count(self, feed: Feed) -> int:
        """Return how many live records a feed holds."""
        async with self._store.transaction(self._tenant_id) as tx:
            return int(await tx.value(Q["live_count"], self._named(feed_id=feed.id)))

    def _named(self, **values: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "connection_id": self._connection_id, **values}

    async def _told(
        self, tx: Transaction, feed: Feed, rows: Sequence[Incoming], *, detailed: bool
    ) -> list[list[tuple[Any, ...]]]:
        asked = _stored(feed, rows, detailed=detailed) if rows else []
        return await tx.several(*((sql, self._named(**named)) for sql, named in asked))

    async def _write(
        self,
        tx: Transaction,
        feed: Feed,
        pull_id: int | None,
        changes: PageChanges,
        *,
        calls: int,
        list_hash: bytes | None = None,
    ) -> None:
        """Write what differs. Only what needs no answer is sent, so that it may all be sent at once."""
        named = self._named(feed_id=feed.id, at=self._clock.now(), list_hash=list_hash)
        renewed = changes.updated + changes.restored
        await self._write_rows(tx, Q["insert_records"], changes.created, named | {"gone_reason": CAME_GONE})
        if renewed:
            await tx.run(Q["keep_versions"], named | {"keys": [row.key for row in renewed]})
            await self._write_rows(tx, Q["update_records"], renewed, named)
        if changes.found_again:
            await tx.run(Q["found_again"], named | {"keys": list(changes.found_again)})
        await self._write_rows(tx, Q["owe"], changes.owed, named)
        await self._log_changes(tx, feed.id, pull_id, changes, calls=calls)

    async def _write_rows(
        self, tx: Transaction, statement: str, rows: Sequence[Incoming], named: Mapping[str, Any]
    ) -> None:
        for some in batches(rows, bytes_max=_STATEMENT_BYTES_MAX):
            await tx.run(statement, {**named, **_columns(some)})

    async def _log_changes(
        self, tx: Transaction, feed_id: int, pull_id: int | None, changes: PageChanges, *, calls: int
    ) -> None:
        piles = {
            Change.CREATED: changes.created,
            Change.UPDATED: changes.updated,
            Change.RESTORED: changes.restored,
        }
        for change, rows in piles.items():
            if rows:
                hashes = [row.hash for row in rows]
                keys = [row.key for row in rows]
                await self._log(tx, feed_id, pull_id, change.value, keys=keys, hashes=hashes, calls=calls)
                calls = 0
        if changes.conflicts:
            why = "our copy claimed a later modification than the vendor's; the vendor's content was taken"
            await self._log(tx, feed_id, pull_id, "conflict", keys=list(changes.conflicts), detail=why)

    async def _log(
        self,
        tx: Transaction,
        feed_id: int,
        pull_id: int | None,
        result: str,
        *,
        keys: Sequence[str] = (),
        hashes: Sequence[bytes] = (),
        detail: str | None = None,
        calls: int = 0,
    ) -> None:
        named = self._named(
            at=self._clock.now(), feed_id=feed_id, pull_id=pull_id, result=result, keys=Texts(keys),
            hashes=Hashes(hashes), calls=calls, detail=detail,
        )  # fmt: skip
        await tx.run(Q["log"], named)

    async def _note_damage(self, tx: Transaction, feed: Feed, pull: Pull | None, damage: Damage) -> None:
        raw = damage.raw[:_RAW_BYTES_MAX]
        named = self._named(
            feed_id=feed.id, key=damage.key, reason=damage.reason, raw=raw, raw_hash=content_hash(raw),
            at=self._clock.now(),
        )  # fmt: skip
        await tx.run(Q["note_damage"], named)
        keys = [damage.key] if damage.key else []
        await self._log(tx, feed.id, pull.id if pull else None, "skipped", keys=keys, detail=damage.reason)

    async def _advance(self, tx: Transaction, after: Pull) -> None:
        named = self._named(
            pull_id=after.id,
            segments=_segments_json(after.segments),
            segment=after.segment,
            next_page=after.next_page,
            per_page=after.per_page,
            total=after.total,
            steps_back=after.steps_back,
            settled=after.settled,
            server_started_at=after.server_started_at,
        )
        await tx.run(Q["advance_pull"], named)

    async def _conclude(
        self, tx: Transaction, feed: Feed, pull: Pull, status: PullStatus, absence: Absence
    ) -> Ending:
        gone = [
            row[0] for row in await tx.rows(Q["gone_keys"], self._named(feed_id=feed.id, pull_id=pull.id))
        ]
        absent: list[str] = []
        if pull.mode.complete and pull.mode is not Mode.INITIAL and status is PullStatus.DONE:
            absent = await self._absent(tx, feed, pull, already_gone=set(gone))
        hidden = 0
        if absence == "hidden" and absent:
            why = "missing from two complete listings, and from the vendor's recycle bin"
            hidden = await self._set_state(tx, feed.id, pull.id, absent, state=State.HIDDEN, why=why)
            absent = []
        proven, why = gone + absent, evidence(gone, absent)
        ended = await self._delete(tx, feed, pull.id, proven, why)
        return replace(ended, status=status, hidden=hidden)

    async def _absent(self, tx: Transaction, feed: Feed, pull: Pull, *, already_gone: set[str]) -> list[str]:
        """Note what this complete pull missed, and return what an earlier one missed as well.

        Windows of some days alone prove nothing: a log that was moved to another day is missing from them.
        """
        twice: set[str] = set()
        for day_from, day_to in _covered(pull):
            named = self._named(
                feed_id=feed.id, pull_id=pull.id, started_at=pull.started_at, day_from=day_from, day_to=day_to
            )
            missing = await tx.rows(Q["missing_keys"], named)
            twice.update(key for key, again in missing if again and key not in already_gone)
            once = [key for key, again in missing if not again and key not in already_gone]
            if once:
                await tx.run(Q["note_missed"], named | {"keys": once, "at": self._clock.now()})
        return [] if pull.mode is Mode.WINDOW else sorted(twice)

    async def _delete(
        self, tx: Transaction, feed: Feed, pull_id: int | None, keys: list[str], why: str
    ) -> Ending:
        named = self._named(feed_id=feed.id, at=self._clock.now())
        if not keys:
            return Ending(PullStatus.DONE)
        live = await tx.value(Q["live_count"], named)
        if fuse(len(keys), live) is Verdict.APPLY:
            return Ending(
                PullStatus.DONE,
                deleted=await self._set_state(tx, feed.id, pull_id, keys, state=State.DELETED, why=why),
            )
        # Marked as missed, so that whatever is seen again before somebody decides is spared.
        await tx.run(Q["note_missed"], named | {"keys": keys})
        await tx.run(Q["supersede_hold"], named)
        held = {"keys": keys, "live": live, "evidence": why}
        await tx.run(Q["hold_deletions"], named | held)
        await self._log(tx, feed.id, pull_id, "held", keys=keys, detail=why)
        return Ending(PullStatus.DONE, held=len(keys))

    async def _set_state(
        self, tx: Transaction, feed_id: int, pull_id: int | None, keys: list[str], *, state: State, why: str
    ) -> int:
        named = self._named(feed_id=feed_id, at=self._clock.now(), keys=keys, state=int(state), reason=why)
        await tx.run(Q["keep_versions"], named)
        changed = await tx.run(Q["set_state"], named)
        await tx.run(Q["strike_debts"], named)
        change = Change.DELETED if state is State.DELETED else Change.HIDDEN
        await self._log(tx, feed_id, pull_id, change.value, keys=keys, detail=why)
        return changed


def _strange(feed: Feed, reading: Reading) -> list[_Asked]:
    """Ask which rows of a page are not known by their fingerprints."""
    taken = {"keys": Texts(reading.keys), "fingerprints": Hashes(reading.fingerprints)}
    return [(Q["strange"], {"feed_id": feed.id, **taken})]


def _stored(feed: Feed, rows: Sequence[Incoming], *, detailed: bool) -> list[_Asked]:
    """Ask what is stored of rows, and which details are owed."""
    named = {"feed_id": feed.id, "keys": Texts(row.key for row in rows)}
    return [(Q["stored"], named), (Q["owed"], named)] if detailed else [(Q["stored"], named)]


def _compared(
    rows: Sequence[Incoming], told: Sequence[Sequence[Any]], *, anew: Anew | None = None
) -> PageChanges:
    stored = stored_of(told)
    if anew is None:
        return classify(rows, stored)
    return classify(rows, stored, owed=dict(told[1]) if told else {}, anew=anew)


def _covered(pull: Pull) -> list[tuple[date | None, date | None]]:
    ranges = {(segment.day_from, segment.day_to) for segment in pull.segments}
    return sorted(ranges, key=str)


def _columns(rows: Sequence[Incoming]) -> dict[str, list[Any] | None]:
    """Return the columns of rows as arrays; None for one in which nothing is said of any of them."""
    return {
        "keys": Texts(row.key for row in rows),
        "gone": [row.gone for row in rows] if any(row.gone for row in rows) else None,
        "hashes": Hashes(row.hash for row in rows),
        "vendor_ats": [row.vendor_at for row in rows],
        "days": [row.day for row in rows] if any(row.day for row in rows) else None,
        "fingerprints": Hashes(row.fingerprint for row in rows),
        "payloads": Jsons(row.data for row in rows),
    }


def _segments_json(segments: tuple[Segment, ...]) -> Json:
    return Json(orjson.dumps([[part.listing, part.day_from, part.day_to] for part in segments]))
