"""The promises of replication, checked after every step on what the database really holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import psycopg
from tests.simulation.truths import resource_of, stable

from tiebeam.connectors.streams import Scope
from tiebeam.kernel.canonical import canonical, content_hash

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tests.simulation.watched import WatchedState
    from tests.simulation.world import Vendor, World

    from tiebeam.connectors.streams import Stream

LIVE, DELETED, HIDDEN = 1, 2, 3
_MASS = 20
_MASS_SHARE = 0.05
_TABLES = (
    "feed", "pull", "pull_page", "record", "record_version", "debt", "damage", "hold", "sync_run", "sync_log",
)  # fmt: skip


class PromiseBroken(AssertionError):  # noqa: N818 - it says what happened
    """A promise does not hold: which one, and of what."""

    def __init__(self, promise: str, detail: str) -> None:
        super().__init__(f"{promise}: {detail}")
        self.promise = promise


def demand(holds: object, promise: str, detail: str) -> None:
    """Raise PromiseBroken unless it holds."""
    if not holds:
        raise PromiseBroken(promise, detail)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A feed, as stored."""

    id: int
    tenant_id: Any
    stream: str
    scope_text: str
    access: str
    watermark: datetime | None

    @property
    def scope(self) -> Scope:
        """Its scope as values."""
        return Scope.parse(self.scope_text)


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record in force, or one of its former versions."""

    feed_id: int
    key: str
    version: int
    state: int
    hash: bytes
    valid_from: datetime
    valid_to: datetime | None
    payload: Any = field(repr=False)


@dataclass(slots=True)
class Known:
    """What an earlier check has already seen and need not be looked at again."""

    versions: dict[tuple[int, str, int], tuple[Any, ...]] = field(default_factory=dict)
    records: dict[tuple[int, str], tuple[int, int, bytes]] = field(default_factory=dict)
    watermarks: dict[int, tuple[datetime | None, int]] = field(default_factory=dict)
    log_id: int = 0


class Promises:
    """Checks one world. It looks into the database past the wall, and remembers what it saw."""

    def __init__(self, world: World, admin_url: str) -> None:
        self._world = world
        self._connection = psycopg.connect(admin_url, autocommit=True)
        self._connection.execute("set timezone = 'UTC'")
        self._known = Known()
        self._history: dict[tuple[int, str], list[RecordRow]] = defaultdict(list)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    async def check(self) -> None:
        """Raise PromiseBroken for the first promise that does not hold."""
        feeds = self.feeds()
        changed, former = self._changed()
        self._check_history(changed, former)
        for vendor in (self._world.vendor, self._world.other):
            self._check_invented(vendor, feeds, [*changed, *former])
            self._check_proven(vendor, feeds, changed)
        self._check_fuse()
        self._check_watermarks(feeds)
        self._check_checkpoints()
        self._check_budget()
        await self._check_isolation()

    def feeds(self) -> dict[int, FeedRow]:
        """Return every feed of every tenant."""
        query = "select id, tenant_id, stream, scope, access, watermark from tiebeam.feed"
        return {row[0]: FeedRow(*row) for row in self.rows(query)}

    def rows(self, query: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        return self._connection.execute(query.encode(), params).fetchall()

    def _changed(self) -> tuple[list[RecordRow], list[RecordRow]]:
        """Return the records and the former versions that no check has seen yet."""
        slim = self.rows("select feed_id, key, version, state, hash from tiebeam.record")
        now = {(row[0], row[1]): (row[2], row[3], bytes(row[4])) for row in slim}
        lost = self._known.records.keys() - now.keys()
        demand(not lost, "nothing lost", f"records vanished from the replica: {sorted(lost)[:3]}")
        for place, (version, _state, _hash) in self._known.records.items():
            demand(now[place][0] >= version, "nothing lost", f"the version of {place} went back")
        fresh = [place for place, value in now.items() if self._known.records.get(place) != value]
        self._known.records = now
        return self._records(fresh), self._former()

    def _records(self, places: list[tuple[int, str]]) -> list[RecordRow]:
        found = self.rows(
            "select r.feed_id, r.key, r.version, r.state, r.hash, r.changed_at, null, r.payload"
            " from tiebeam.record r join unnest(%(feeds)s::bigint[], %(keys)s::text[]) as n (feed_id, key)"
            " on n.feed_id = r.feed_id and n.key = r.key",
            {"feeds": [place[0] for place in places], "keys": [place[1] for place in places]},
        )
        return [RecordRow(*row) for row in found]

    def _former(self) -> list[RecordRow]:
        query = (
            "select feed_id, key, version, state, hash, valid_from, valid_to, payload"
            " from tiebeam.record_version order by feed_id, key, version"
        )
        fresh: list[RecordRow] = []
        now: dict[tuple[int, str, int], tuple[Any, ...]] = {}
        for row in self.rows(query):
            now[row[0], row[1], row[2]] = row[3:]
            if (row[0], row[1], row[2]) not in self._known.versions:
                fresh.append(RecordRow(*row))
        for place, value in self._known.versions.items():
            demand(now.get(place) == value, "history kept", f"version {place} was changed or removed")
        self._known.versions = now
        return fresh

    def _check_history(self, changed: list[RecordRow], former: list[RecordRow]) -> None:
        for row in former:
            self._history[row.feed_id, row.key].append(row)
        for row in [*changed, *former]:
            good = content_hash(canonical(row.payload)) == bytes(row.hash)
            demand(good, "nothing invented", f"the hash of {row.key} is not its payload's")
        for row in changed:
            _check_line([*self._history[row.feed_id, row.key], row])

    def _check_invented(self, vendor: Vendor, feeds: dict[int, FeedRow], rows: list[RecordRow]) -> None:
        streams = {stream.name: stream for stream in vendor.account.streams}
        for row in rows:
            feed = feeds[row.feed_id]
            if feed.tenant_id != vendor.account.tenant_id:
                continue
            unfetched = row.state == DELETED or any(
                old.state == DELETED and old.hash == row.hash for old in self._history[row.feed_id, row.key]
            )
            served = vendor.journal.served(streams[feed.stream], row.key, row.payload, unfetched=False) or (
                unfetched
                and vendor.journal.served(streams[feed.stream], row.key, row.payload, unfetched=True)
            )
            what = f"{feed.stream} {feed.scope_text} {row.key} version {row.version}"
            demand(served, "nothing invented", f"{what} was never served: {row.payload}")

    def _check_proven(self, vendor: Vendor, feeds: dict[int, FeedRow], changed: list[RecordRow]) -> None:
        streams = {stream.name: stream for stream in vendor.account.streams}
        for row in changed:
            feed = feeds[row.feed_id]
            if row.state == DELETED and feed.tenant_id == vendor.account.tenant_id:
                gone = was_gone(vendor.state, streams[feed.stream], feed.scope, row.key)
                what = f"{feed.stream} {feed.scope_text} {row.key}"
                demand(gone, "proven absence", f"{what} is marked deleted and never was")

    def _check_fuse(self) -> None:
        query = (
            "select l.id, l.pull_id, l.feed_id, cardinality(l.keys), (select count(*) from tiebeam.record r"
            " where r.feed_id = l.feed_id) from tiebeam.sync_log l"
            " where l.id > %(id)s and l.result = 'deleted' and l.pull_id is not null order by l.id"
        )
        for log_id, pull_id, feed_id, deleted, records in self.rows(query, {"id": self._known.log_id}):
            self._known.log_id = log_id
            most = max(_MASS, _MASS_SHARE * records)
            what = f"pull {pull_id} of feed {feed_id} deleted {deleted} of {records} unasked"
            demand(deleted <= most, "mass deletion waits", what)

    def _check_watermarks(self, feeds: dict[int, FeedRow]) -> None:
        """A watermark never moves back, and moves on only when a pull has read to its end."""
        query = "select feed_id, count(*) from tiebeam.pull where status = 'done' group by feed_id"
        done: dict[int, int] = dict(self.rows(query))
        for feed in feeds.values():
            before, done_before = self._known.watermarks.get(feed.id, (None, 0))
            what = f"the watermark of {feed.stream} {feed.scope_text}"
            if before is not None:
                forward = feed.watermark is not None and feed.watermark >= before
                demand(forward, "nothing lost", f"{what} moved back")
            earned = feed.watermark == before or done.get(feed.id, 0) > done_before
            demand(earned, "no page skipped", f"{what} moved on though no pull had ended")
            self._known.watermarks[feed.id] = (feed.watermark, done.get(feed.id, 0))

    def _check_checkpoints(self) -> None:
        """Every page that a checkpoint has passed was noted, and every key on it taken in, owed or kept."""
        unseen = self.rows(
            "select p.id, n from tiebeam.pull p, generate_series(0, p.segment - 1) n"
            " where p.status = 'running' and p.segments -> n ->> 0 = '0' and not exists ("
            "select 1 from tiebeam.pull_page g where g.pull_id = p.id and g.segment = n)"
        )
        demand(
            not unseen,
            "no page skipped",
            f"a checkpoint has passed listings that were not read: {unseen[:3]}",
        )
        unread = self.rows(
            "select p.id, n from tiebeam.pull p, generate_series(1, p.next_page - 1) n"
            " where p.status = 'running' and not exists (select 1 from tiebeam.pull_page g"
            " where g.pull_id = p.id and g.segment = p.segment and g.page = n)"
        )
        demand(
            not unread,
            "no page skipped",
            f"a checkpoint has passed pages that were not applied: {unread[:3]}",
        )
        missing = self.rows(
            "select p.feed_id, k.key from tiebeam.pull p join tiebeam.pull_page g on g.pull_id = p.id"
            " cross join lateral unnest(g.keys) k (key) where p.status = 'running'"
            " and not exists (select 1 from tiebeam.record r where r.feed_id = p.feed_id and r.key = k.key)"
            " and not exists (select 1 from tiebeam.debt d where d.feed_id = p.feed_id and d.key = k.key)"
            " and not exists (select 1 from tiebeam.damage d where d.feed_id = p.feed_id and d.key = k.key)"
        )
        demand(not missing, "no page skipped", f"rows of applied pages are nowhere: {missing[:3]}")

    def _check_budget(self) -> None:
        for vendor in (self._world.vendor, self._world.other):
            for name, window in vendor.simulator.stats_report()["windows"].items():
                limit, largest = window["limit"], window["largest"]
                what = f"{largest} calls in the {name} window of {limit}"
                demand(limit is None or largest <= limit, "budget", what)
            demand(not vendor.transport.impatient, "budget", f"{vendor.transport.impatient[:1]} after a 429")

    async def _check_isolation(self) -> None:
        """As either tenant, raw statements see nothing of the other."""
        for mine in (self._world.vendor, self._world.other):
            tenant_id = mine.account.tenant_id
            counts = " union all ".join(
                f"select '{table}', count(*) from tiebeam.{table} where tenant_id <> %(tenant)s"
                for table in _TABLES
            )
            async with self._world.process.store.transaction(tenant_id) as tx:
                for table, foreign in await tx.rows(counts, {"tenant": tenant_id}):
                    demand(foreign == 0, "isolation", f"{foreign} rows of {table} show through the wall")


def was_gone(state: WatchedState, stream: Stream, scope: Scope, key: str) -> bool:
    """Say whether a record was ever deleted or purged."""
    project = scope.project_id
    name = state.name(resource_of(stream), key, int(project) if project else None)
    return name in state.ever_gone


def _check_line(line: list[RecordRow]) -> None:
    """Check that a record's versions follow on one another without a gap, and each differs from the last."""
    where = f"feed {line[0].feed_id} record {line[0].key}"
    numbers = [row.version for row in line]
    demand(numbers == list(range(1, len(line) + 1)), "history kept", f"{where} has versions {numbers}")
    for old, new in pairwise(line):
        demand(old.valid_to == new.valid_from, "history kept", f"{where}: a gap after version {old.version}")
        demand(
            old.valid_from <= new.valid_from, "history kept", f"{where}: version {old.version} runs backwards"
        )
        same = old.state == new.state and stable(old.payload) == stable(new.payload)
        demand(not same, "nothing invented", f"{where}: version {new.version} changed nothing")
