"""What must hold in a week beside the promises of replication: jobs, deliveries, grants, freshness."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb
from tests.simulation.promises import Promises, demand

from tiebeam.connectors.procore.hooks import STREAM_OF
from tiebeam.operations.tokens.model import Status
from tiebeam.replicate.freshness.plan import CRITICAL_TIMES
from tiebeam.upkeep import Upkeep

if TYPE_CHECKING:
    from tests.simulation.week_world import Week

    from tiebeam.operations.tokens.model import Connection
    from tiebeam.replicate.freshness.plan import Plan

_LOOKS_UNTIL_RESCUED = 3
_SLACK = timedelta(hours=2)
"""For what a due read may still have to wait: a back-off after a storm, the hour's calls, the next look."""
SETTLED_AFTER = timedelta(hours=3)
"""How long a calm must last before what a storm left behind is over."""
_FETCHED_WITHIN = timedelta(hours=1)
"""Looks are up to twenty minutes apart here, and who looks may have died just before."""
_KEPT_FOR = timedelta(days=7)
_UNTOUCHED = (
    "feed", "record", "record_version", "sync_run", "sync_log", "connection", "job", "job_history", "webhook",
    "webhook_delivery", "webhook_pending", "alert",
)  # fmt: skip
# What is kept of an error that nobody foresaw: its kind and its place.
_UNFORESEEN = re.compile(r"^\w+ in \w+, line \d+ of ")


class WeekPromises:
    """Checks one week. It remembers what it saw."""

    def __init__(self, week: Week, promises: Promises) -> None:
        self._week = week
        self.replica = promises
        self._jobs: dict[int, Any] = {}
        self._log: tuple[int, int, int] = (0, 0, 0)
        self._excuses = 0
        self._down: str | None = None
        self._connected_since = week.clock.now()
        self._untouched = self._other()
        self._noted_at = week.clock.now()
        self._noted_open: list[int] = []

    async def check(self) -> None:
        """Raise PromiseBroken for the first promise that does not hold."""
        await self.replica.check()
        self._check_jobs()
        self._check_rescues()
        self._check_deliveries()
        self._check_log()
        demand(self._other() == self._untouched, "isolation", "the other tenant was touched")
        await self.check_connection()

    def _check_jobs(self) -> None:
        """Every job is there, or has ended and is kept for a week; what failed says why."""
        now = self._week.clock.now()
        waiting = self._rows("select id, kind, key, errors from tiebeam.job")
        ended = self._rows("select job_id, kind, state, errors, ended_at from tiebeam.job_history")
        present = {row[0] for row in waiting} | {row[0] for row in ended}
        for job_id in self._jobs.keys() - present:
            ended_at = self._jobs[job_id]
            old = ended_at is not None and now - ended_at > _KEPT_FOR
            demand(old, "nothing lost", f"job {job_id} vanished")
        self._jobs = dict.fromkeys((row[0] for row in waiting), None)
        self._jobs |= {row[0]: row[4] for row in ended}
        for job_id, kind, state, errors, _ in ended:
            demand(
                state != "failed" or errors, "nothing lost", f"{kind} {job_id} failed and does not say why"
            )
        for _, kind, _, errors, *_ in (*waiting, *ended):
            for error in errors:
                foreseen = not _UNFORESEEN.match(error["why"])
                demand(foreseen, "no crash", f"{kind} ended in {error['why']}")

    def _check_rescues(self) -> None:
        """What a dead worker had in hand is with somebody who lives."""
        if not self._week.living:
            return
        overdue = [number for number, looks in self._week.graves.items() if looks >= _LOOKS_UNTIL_RESCUED]
        held = self._rows(
            "select id, kind, worker_id from tiebeam.job where state = 'processing'"
            " and worker_id = any(%(dead)s::bigint[])",
            {"dead": overdue},
        )
        demand(not held, "nothing lost", f"jobs are left in dead hands: {held[:2]}")

    def _check_deliveries(self) -> None:
        kept = {row[0] for row in self._rows("select dedupe_id from tiebeam.webhook_delivery")}
        lost = self._week.door.taken - kept
        demand(not lost, "nothing lost", f"{len(lost)} deliveries were answered with 204 and are not stored")

    def _check_log(self) -> None:
        """What the sync log has said, it goes on saying."""
        last, rows, mark = self._log
        query = (
            "select coalesce(max(id), 0), count(*), coalesce(bit_xor(hashtextextended(l::text, 0)), 0)"
            " from tiebeam.sync_log l"
        )
        if last:
            then = self._rows(f"{query} where id <= %(last)s", {"last": last})[0]
            demand(then == (last, rows, mark), "history kept", "former lines of the sync log were changed")
        found = self._rows(query)[0]
        self._log = (found[0], found[1], found[2])

    def _other(self) -> tuple[Any, ...]:
        """Return everything by which a touch of the other tenant would show."""
        other = self._week.world.other
        named = {"tenant": other.account.tenant_id}
        sums = [
            f"(select bit_xor(hashtextextended(t::text, 0)) from tiebeam.{table} t"
            " where tenant_id = %(tenant)s)"
            for table in _UNTOUCHED
        ]
        query = f"select {', '.join(sums)}"
        return (other.simulator.stats.calls, *self._rows(query, named)[0])

    async def check_connection(self) -> None:
        """A connection is lost only when the vendor ended it, or when the answer with its grant was lost."""
        week = self._week
        connection = (await (await week.app()).connections())[0]
        excuses = week.revoked + week.wire.lost_grants
        if (connection.code or "").endswith("token_refused"):
            # Twice in a row with a 401, which no answer of the vendor's own would be.
            excuses += week.wire.refused_tokens
        if connection.status is Status.CONNECTED:
            if self._down is not None:
                self._connected_since, self._down = week.clock.now(), None
            return
        if self._down is None:
            what = f"the connection was lost without a reason: {connection.code} {connection.reason}"
            demand(excuses > self._excuses, "no grant lost", what)
            self._excuses, self._down = week.revoked + week.wire.lost_grants, str(connection.code)

    def check_told(self, connection: Connection) -> None:
        """Somebody was told that a connection is down."""
        found = self._rows(
            "select count(*) from tiebeam.alert where rule = 'connection_down' and status <> 'resolved'"
            " and subject = %(subject)s",
            {"subject": f"connection:{connection.id}"},
        )
        down_for = self._week.clock.now() - connection.since
        demand(found[0][0] == 1, "somebody is told", f"{connection.code} for {down_for}, and no alert")

    async def check_freshness(self) -> str:
        """At the end of a calm nothing is read more rarely than planned, and the plan says what is late."""
        week, now = self._week, self._week.clock.now()
        await self.check_connection()
        app = await week.app()
        connection = (await app.connections())[0]
        calm = week.calm_since is not None and now - week.calm_since >= SETTLED_AFTER
        if not calm or self._down or now - self._connected_since < SETTLED_AFTER:
            return "nothing: the connection was down"
        plan = await Upkeep(app).plan(connection)
        oldest = self._check_ages(plan)
        self._check_prompt()
        return f"the oldest was read {oldest / timedelta(minutes=1):.0f} min ago"

    def _check_ages(self, plan: Plan) -> timedelta:
        week, now = self._week, self._week.clock.now()
        query = (
            "select id, stream, scope, read_at from tiebeam.feed where tenant_id = %(tenant)s"
            " and access = 'open'"
        )
        limits: dict[int, timedelta] = {}
        late = False
        for slot in plan.slots.values():
            wanted = timedelta(hours=slot.hours_max)
            late = late or (not slot.item.covered_by_webhook and wanted > slot.item.ceiling * CRITICAL_TIMES)
            limits |= dict.fromkeys(slot.item.feed_ids or (slot.item.feed_id,), wanted)
        demand(not late or plan.shortfalls, "freshness", "what the budget cannot cover is not said")
        oldest = timedelta(0)
        for feed_id, stream, scope, read_at in self._rows(query, {"tenant": week.vendor.account.tenant_id}):
            demand(feed_id in limits, "freshness", f"{stream} {scope} is in no plan")
            age = now - read_at if read_at else timedelta.max
            most = limits[feed_id] + week.sync_every + _SLACK
            what = f"{stream} {scope} was read {age} ago and should be every {limits[feed_id]}"
            demand(age <= most, "freshness", what)
            oldest = max(oldest, age)
        return oldest

    def note_open(self) -> None:
        """Remember what can be read, well into a calm: what is told of the rest waits until it can be."""
        query = "select id from tiebeam.feed where access = 'open' and completed_at is not null"
        self._noted_at = self._week.clock.now()
        self._noted_open = [row[0] for row in self._rows(query)]

    def _check_prompt(self) -> None:
        """What was told in this calm waits still, or its listing has been asked since, long before a poll."""
        week, now = self._week, self._week.clock.now()
        assert week.calm_since is not None
        query = (
            "select d.resource, p.stream, d.received_at from tiebeam.webhook_delivery d join tiebeam.feed f"
            " on f.tenant_id = d.tenant_id and f.access = 'open' and f.id = any(%(open)s::bigint[])"
            " cross join lateral (select %(streams)s::jsonb ->> d.resource) p (stream)"
            " where d.fate = 'fetch' and f.stream = p.stream"
            " and d.received_at between %(since)s and %(until)s"
            " and f.scope in ('', 'project_id=' || d.project_id)"
            " and not exists (select 1 from tiebeam.webhook_pending w where w.stream = p.stream)"
            # What could not be seen when it was told is read by the sync that finds it again.
            " and not exists (select 1 from tiebeam.sync_log l where l.feed_id = f.id and"
            " l.result like 'access%%' and l.at > d.received_at - interval '1 day')"
        )
        if self._noted_at < week.calm_since + SETTLED_AFTER:
            return
        if self._down or now - self._connected_since < _FETCHED_WITHIN:
            return
        named = {"since": self._noted_at, "until": now - _FETCHED_WITHIN, "open": self._noted_open}
        for resource, stream, at in self._rows(query, {**named, "streams": Jsonb(STREAM_OF)}):
            could_be = max(at, self._connected_since)
            asked = week.wire.asked_between(stream, at, could_be + _FETCHED_WITHIN)
            demand(asked, "nothing lost", f"{resource} told at {at} were struck off and never asked for")

    def check_fetched(self) -> None:
        """In the end nothing waits that deliveries told of, and none that was meant for us is missing."""
        late = self._week.clock.now() - SETTLED_AFTER
        pending = self._rows(
            "select stream, key, attempts, last_error from tiebeam.webhook_pending where next_at < %(late)s",
            {"late": late},
        )
        demand(not pending, "nothing lost", f"deliveries were never fetched: {pending[:2]}")
        self._check_gaps()

    def _check_gaps(self) -> None:
        """Whatever the vendor meant to deliver to the hook in use has come, by itself or by catching up."""
        rows = self._rows(
            "select vendor_hook_id, id from tiebeam.webhook"
            " where retired_at is null and vendor_hook_id is not null"
        )
        unlisted = any(caught.scopes_to_read for caught in self._week.gaps)
        if not rows or unlisted:
            return
        kept = {
            row[0]
            for row in self._rows(
                "select dedupe_id from tiebeam.webhook_delivery where hook_id = %(id)s", {"id": rows[0][1]}
            )
        }
        meant = {
            each.event.ulid
            for each in self._week.vendor.simulator.webhooks.deliveries
            if str(each.hook_id) == rows[0][0]
        }
        missing = meant - kept
        demand(
            not missing, "nothing lost", f"{len(missing)} of {len(meant)} deliveries never came to be known"
        )

    def _rows(self, query: str, params: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        return self.replica.rows(query, params)
