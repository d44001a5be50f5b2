"""A sync: every feed of a connection read as it needs to be, phase by phase, resumable anywhere."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.connectors.ports import Refusal, RefusalKind, Share
from tiebeam.connectors.streams import Phase
from tiebeam.kernel.errors import TiebeamError
from tiebeam.replicate.choices.model import EVERYTHING
from tiebeam.replicate.details import Details
from tiebeam.replicate.families import Family, lay_out
from tiebeam.replicate.model import Access, Mode, Tally
from tiebeam.replicate.plan import (
    UNREACHED,
    families,
    group_name,
    may_be_read,
    mode_for,
    refusal_wait,
)
from tiebeam.replicate.probes import Probing, ask_rows, probing
from tiebeam.replicate.progress import NOTE_EVERY_SECONDS, TELL_EVERY_SECONDS, Meter, Progress
from tiebeam.replicate.pull import LOCKED_OUT, Puller, PullResult, StoppedError
from tiebeam.replicate.reach import known_feeds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from tiebeam.connectors.ports import Reader
    from tiebeam.connectors.streams import Stream
    from tiebeam.kernel.clock import Clock
    from tiebeam.replicate.choices.model import Choice
    from tiebeam.replicate.model import Feed, Run
    from tiebeam.replicate.progress import Budget
    from tiebeam.replicate.repository import Replica

RESUME_WITHIN = timedelta(hours=1)
"""A run cut off longer ago than this begins anew, unless the first copy is still incomplete."""


GIVEN_UP_MAX = 8
GIVEN_UP_STREAMS_MAX = 3
"""So many listings given up in a row, of so many kinds, and the vendor is taken to be down."""


class VendorDownError(TiebeamError):
    """The vendor answers nothing that is asked. What was read stays, and the next run goes on from there."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person or a schedule wants synced."""

    project_id: str | None = None
    stream: str | None = None
    feeds: frozenset[int] | None = None
    """Only these feeds, as a planner chose them; what they bring to light is for the next choice."""
    probes: frozenset[int] = frozenset()
    """Of those, the feeds that are looked at with one call, and read if it tells of more than it brings."""
    sweep: bool = False
    """Read every listing whole, to prove what is gone."""
    full: bool = False
    """Sweep, fetch every detail anew, and ask again even where a tool was switched off."""
    share: Share = Share.POLL

    @property
    def words(self) -> str:
        """Return what tells one wish from another: a run that was cut off is resumed by the same wish."""
        if self.feeds is not None:
            return "due"
        depth = "full" if self.full else "sweep" if self.sweep else "routine"
        return f"{depth} project={self.project_id or '*'} stream={self.stream or '*'}"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a sync goes about it."""

    sweep_every: timedelta = timedelta(hours=24)
    recent_days: int = 14
    """How far back a routine read of the daily logs goes."""
    concurrency: int = 4
    header_stream: str = "procore.daily_log_headers"
    project_stream: str = "procore.projects"
    tools_stream: str = "procore.project_tools"
    """The stream that tells when a project's tools were switched: then what was off is asked again."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A feed that could not be read, and why."""

    stream: str
    scope: str
    code: str
    cause: str
    action: str


@dataclass(frozen=True, slots=True)
class FeedRead:
    """A feed that was read to its end: what a planner learns from."""

    feed_id: int
    at: datetime
    changes: int
    """Records that were created, changed, restored or found deleted."""
    calls: int
    """Calls that its listings took, without those for details."""
    first: bool
    """Whether it had never been read before: its changes then tell nothing of how often it changes."""


@dataclass(frozen=True, slots=True)
class FeedProbe:
    """A probe that was made: of one feed, or of several that are counted together."""

    feed_ids: tuple[int, ...]
    changes: int
    """Changes that it told of; when it told of any, the feeds were read as well."""
    brought: bool = False
    """Whether it brought these changes itself, as a glance does: then nothing was read besides."""


@dataclass(slots=True)
class SyncReport:
    """What a sync did."""

    tally: Tally = field(default_factory=Tally)
    feeds_read: int = 0
    feeds_off: int = 0
    feeds_busy: int = 0
    """Feeds that another process was reading."""
    details_owed: int = 0
    """Records whose whole could not be had now; the next sync asks for them again."""
    failures: list[Failure] = field(default_factory=list)
    reads: list[FeedRead] = field(default_factory=list)
    probes: list[FeedProbe] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether everything that the wish covers, and that can be seen, has been read."""
        return not (self.failures or self.feeds_busy or self.details_owed)


@dataclass(frozen=True, slots=True)
class Group:
    """Feeds of one tool in one project: read one after another, since one refusal speaks for all of them."""

    name: str
    feeds: tuple[Feed, ...]


class Sync:
    """One sync of one connection."""

    def __init__(
        self,
        replica: Replica,
        reader: Reader,
        clock: Clock,
        streams: Sequence[Stream],
        wish: Wish,
        *,
        pace: Pace | None = None,
        ask_choice: Callable[[], Awaitable[Choice]] | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
        ask_budget: Callable[[], Awaitable[Budget | None]] | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """`stopping` is asked after each page and each detail: a sync that is to stop ends there.

        `ask_choice` says what the connection copies; it may change meanwhile. `report` says at any time what
        was done so far.
        """
        self._replica = replica
        self._ask_budget = ask_budget
        self._budget: Budget | None = None
        self._clock = clock
        self._streams = {stream.name: stream for stream in streams}
        self._families = families(streams)
        self._order = {name: place for place, name in enumerate(self._streams)}
        self._wish = wish
        self._ask_choice = ask_choice
        self._choice = EVERYTHING
        self._pace = pace or Pace()
        self._on_progress = on_progress
        share, step = wish.share, self._step
        self._puller = Puller(replica, reader, clock, share=share, on_step=step, stopping=stopping)
        self._details = Details(replica, reader, clock, share=share, on_step=step, stopping=stopping)
        self.report = SyncReport()
        self._meter = Meter()
        self._phase = Phase.METADATA
        self._doing = ""
        self._owed_before = 0
        self._told_at = float("-inf")
        self._run: Run | None = None
        self._noted_at = float("-inf")
        self._given_up: list[str] = []
        self._done: set[int] = set()
        self._read: set[int] = set()
        self._feeds: list[Feed] = []

    async def run(self) -> SyncReport:
        """Read everything that the wish covers. Expected refusals are in the report; the rest raises.

        Raises StoppedError when it was asked to stop; the next sync goes on from there.
        """
        stale_before = self._clock.now() - RESUME_WITHIN
        run, read = await self._replica.begin_run(self._wish.words, stale_before=stale_before)
        self._run = run
        if self._wish.feeds is not None:
            read = set()  # What is due was chosen just now: what was read before a kill is not among it.
        debts = await self._replica.debt_counts()
        self._owed_before = sum(debts.values())
        self._done, self._read = read - debts.keys(), read & debts.keys()
        for phase in Phase:
            self._phase = phase
            while groups := await self._groups(phase):
                await self._run_groups(groups)
        owed = await self._replica.debt_counts()
        self.report.details_owed = sum(owed[feed_id] for feed_id in owed.keys() & self._done)
        await self._replica.end_run(run, self.report.tally)
        return self.report

    async def _groups(self, phase: Phase) -> list[Group]:
        """Return what is still to be read in a phase; reading parents makes more of it."""
        self._choice = await self._ask_choice() if self._ask_choice else EVERYTHING
        self._feeds = await known_feeds(self._replica, list(self._streams.values()), self._choice)
        piles: dict[str, list[Feed]] = defaultdict(list)
        for feed in sorted(self._feeds, key=self._urgency):
            stream = self._streams[feed.stream]
            if stream.phase is phase and feed.id not in self._done and self._wished(feed, stream):
                piles[group_name(stream, feed.scope, self._families)].append(feed)
        return [Group(name, tuple(feeds)) for name, feeds in piles.items()]

    def _urgency(self, feed: Feed) -> tuple[int, int, int]:
        stream = self._streams[feed.stream]
        return (stream.priority, self._order[feed.stream], feed.id)

    def _wished(self, feed: Feed, stream: Stream) -> bool:
        wish = self._wish
        if wish.feeds is not None:
            return feed.id in wish.feeds and may_be_read(feed, now=self._clock.now(), insist=False)
        inside = wish.project_id is None or feed.scope.project_id in (wish.project_id, None)
        asked = wish.stream in (None, stream.name, stream.view) or stream.name in self._ancestors(wish.stream)
        return inside and asked and may_be_read(feed, now=self._clock.now(), insist=wish.full)

    def _ancestors(self, name: str | None) -> set[str]:
        """Return the streams that must be known before a feed of `name` can be read."""
        found: set[str] = set()
        stream = next((s for s in self._streams.values() if name in (s.name, s.view)), None)
        while stream is not None and stream.parent is not None:
            found.add(stream.parent)
            stream = self._streams.get(stream.parent)
        return found

    async def _run_groups(self, groups: list[Group]) -> None:
        """Read groups side by side, as many as the pace allows."""
        free = asyncio.Semaphore(self._pace.concurrency)

        async def one(group: Group) -> None:
            async with free:
                await self._run_group(group)

        first: TiebeamError | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                for group in groups:
                    tasks.create_task(one(group))
        except* TiebeamError as failures:
            first = _first(failures)
        if first is not None:
            # Bare, as `run` promises: by its kind the caller knows whether to wait or to ask a person.
            raise first

    async def _run_group(self, group: Group) -> None:
        if self._ask_choice and await self._ask_choice() != self._choice:
            return  # What is to be read is looked up anew; it may no longer be this.
        self._done.update(feed.id for feed in group.feeds)
        lock = await self._replica.lock(group.name)
        if lock is None:
            self.report.feeds_busy += len(group.feeds)
            return
        async with lock:
            self._budget = await self._ask_budget() if self._ask_budget else None
            await self._read_group(group)
        await self._note_progress()

    async def _read_group(self, group: Group) -> None:
        pairs = [(feed, self._streams[feed.stream]) for feed in group.feeds]
        members = [(feed, stream) for feed, stream in pairs if stream.family]
        for feed, stream in pairs:
            if not stream.family and not await self._read_feed(group, feed, stream):
                return
        if members:
            await self._read_family(group, members)

    async def _read_feed(self, group: Group, feed: Feed, stream: Stream) -> bool:
        """Read one feed; False when its whole tool turned out to be off."""
        if feed.id in self._read:
            return await self._concluded(group, feed, stream, PullResult())
        mode = self._mode(feed, stream)
        self._doing = f"{stream.title} {feed.scope_text}".strip()
        kind = probing(stream) if feed.id in self._wish.probes else None
        if kind is Probing.ROWS and not await self._replica.running_pull(feed):
            told = await ask_rows(self._puller, feed, stream)
            self._step(Tally(calls=told.calls, refused=int(isinstance(told, Refusal))))
            if isinstance(told, Refusal):
                return await self._concluded(group, feed, stream, PullResult(refusal=told))
            if not self._told([feed], told.changes):
                return True
        everything = self._wish.full and stream.detail is not None
        glance = kind is Probing.GLANCE
        result = await self._puller.pull(feed, stream, mode, all_details=everything, glance=glance)
        return await self._concluded(group, feed, stream, result)

    def _told(self, feeds: Sequence[Feed], changes: int) -> bool:
        """Note what a probe told; whether it told of any change."""
        self.report.probes.append(FeedProbe(tuple(feed.id for feed in feeds), changes))
        return changes > 0

    async def _read_family(self, group: Group, members: list[tuple[Feed, Stream]]) -> None:
        """Read the members of a family, each over the windows of days that hold something."""
        resumed = [pair for pair in members if await self._replica.running_pull(pair[0])]
        fresh: dict[tuple[Mode, bool], list[tuple[Feed, Stream]]] = defaultdict(list)
        for feed, stream in members:
            if (feed, stream) not in resumed:
                probed = feed.id in self._wish.probes
                fresh[Mode.WINDOW if probed else self._mode(feed, stream), probed].append((feed, stream))
        for feed, stream in resumed:
            if not await self._read_feed(group, feed, stream):
                return
        for (mode, probed), some in fresh.items():
            if not await self._read_windows(group, some, mode, probed=probed):
                return

    async def _read_windows(
        self, group: Group, members: list[tuple[Feed, Stream]], mode: Mode, *, probed: bool
    ) -> bool:
        self._doing = f"Daily logs {members[0][0].scope_text}"
        family = Family(members, self._pace.header_stream, self._pace.project_stream)
        layout = await lay_out(self._puller, family, mode, recent_days=self._pace.recent_days)
        if isinstance(layout, Refusal):
            self._step(Tally(calls=layout.calls, refused=1))
            feed, stream = members[0]
            return await self._concluded(group, feed, stream, PullResult(refusal=layout))
        self._step(Tally(calls=layout.calls))
        if probed and not self._told([feed for feed, _ in members], layout.news):
            return True
        await self._replica.begin_family([(feed, layout.segments[feed.id]) for feed, _ in members], mode)
        for feed, stream in members:
            result = await self._puller.pull(feed, stream, mode)
            if not await self._concluded(group, feed, stream, result):
                return False
        return True

    def _mode(self, feed: Feed, stream: Stream) -> Mode:
        now = self._clock.now()
        whole = self._wish.full or self._wish.sweep
        return mode_for(stream, feed, now=now, sweep_every=self._pace.sweep_every, full=whole)

    async def _concluded(self, group: Group, feed: Feed, stream: Stream, result: PullResult) -> bool:
        """Draw the consequences of one feed's reading; False when its whole group must be left alone."""
        if result.refusal is not None:
            return await self._refused(group, feed, stream, result.refusal)
        tally = result.tally
        if stream.detail is not None:
            tally.add(await self._details.pay(feed, stream))
        if stream.name == self._pace.tools_stream and feed.completed_at and tally.changes:
            await self._ask_again(feed.scope.project_id)
        self._given_up.clear()
        self.report.feeds_read += 1
        self._note(feed, result)
        self._meter.feed_done(stream.name, tally.calls)
        return True

    def _note(self, feed: Feed, result: PullResult) -> None:
        """Note what a planner learns from."""
        tally = result.tally
        if result.glance:
            self.report.probes.append(FeedProbe((feed.id,), tally.changes, brought=True))
            return
        first = feed.completed_at is None
        calls = tally.calls - tally.details
        self.report.reads.append(FeedRead(feed.id, self._clock.now(), tally.changes, calls, first))

    async def _ask_again(self, project_id: str | None) -> None:
        """Open what is off in a project whose tools have changed: one of them may have been switched on."""
        off = [f for f in self._feeds if f.access is Access.OFF and f.scope.project_id == project_id]
        if off:
            await self._replica.set_access(off, Access.OPEN, "The project's tools have changed.", None)

    async def _refused(self, group: Group, feed: Feed, stream: Stream, refusal: Refusal) -> bool:
        if refusal.kind not in LOCKED_OUT:
            failure = Failure(stream.name, feed.scope_text, refusal.code, refusal.cause, refusal.action)
            self.report.failures.append(failure)
            self._see_it_is_up(stream, refusal)
            return True
        switched_off = [other for other in group.feeds if self._streams[other.stream].tool == stream.tool]
        off = switched_off if stream.tool else [feed]
        wait = refusal_wait(feed.access_refusals + 1)
        await self._replica.set_access(off, Access.OFF, refusal.cause, self._clock.now() + wait)
        self.report.feeds_off += len(off)
        return not stream.tool

    def _see_it_is_up(self, stream: Stream, refusal: Refusal) -> None:
        """Raise VendorDownError rather than try every listing there is of a vendor that does not answer."""
        if refusal.kind is not RefusalKind.UNAVAILABLE:
            return
        self._given_up.append(stream.name)
        many = len(self._given_up) >= GIVEN_UP_MAX and len(set(self._given_up)) >= GIVEN_UP_STREAMS_MAX
        if many or refusal.code in UNREACHED:
            raise VendorDownError(
                refusal.cause, action=refusal.action, code=refusal.code, owner=refusal.owner
            )

    def _step(self, step: Tally) -> None:
        self.report.tally.add(step)
        now = self._clock.monotonic()
        if now - self._told_at >= TELL_EVERY_SECONDS:
            self._told_at = now
            self._meter.tick(now, self.report.tally.calls)
            self._on_progress(self._progress())

    async def _note_progress(self) -> None:
        now = self._clock.monotonic()
        if self._run is not None and now - self._noted_at >= NOTE_EVERY_SECONDS:
            self._noted_at = now
            await self._replica.note_progress(self._run, self._progress())

    def _progress(self) -> Progress:
        left = (feed for feed in self._feeds if feed.id not in self._done)
        waiting = [feed.stream for feed in left if self._wished(feed, self._streams[feed.stream])]
        known = self._phase is not Phase.METADATA
        tally = self.report.tally
        details = max(0, self._owed_before + tally.owed - tally.details)
        calls_left = self._meter.calls_left(waiting, details) if known else None
        return Progress(
            phase=self._phase,
            feeds_done=len(self._done),
            feeds_known=len(self._done) + len(waiting),
            doing=self._doing,
            tally=tally,
            calls_left=calls_left,
            seconds_left=None if calls_left is None else self._meter.seconds_left(calls_left, self._budget),
        )


def _first(failures: BaseExceptionGroup[TiebeamError]) -> TiebeamError:
    """Return the first error of a group; that it was asked to stop only if nothing else was wrong."""
    wrong = failures.subgroup(
        lambda error: isinstance(error, TiebeamError) and not isinstance(error, StoppedError)
    )
    group = wrong or failures
    error = group.exceptions[0]
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
