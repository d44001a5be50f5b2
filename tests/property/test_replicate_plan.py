"""What the engine decides without any I/O, over whatever input there may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.streams import Listing
from tiebeam.replicate.model import Incoming, Mode, Pull, PullStatus, Segment, State, Stored, Verdict
from tiebeam.replicate.plan import (
    OVERLAP,
    STEPS_BACK_MAX,
    after_page,
    classify,
    ending,
    fuse,
    halved,
    newest,
    next_watermark,
    refusal_wait,
    segments_for,
    split_segment,
    windows,
)

if TYPE_CHECKING:
    from tiebeam.connectors.streams import Stream

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LISTING = Listing("/rows", per_page=None)
DAYS = st.dates(date(1960, 1, 1), date(2060, 1, 1))
KEYS = st.sampled_from("abcdef")
MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))


PULL = Pull(
    id=1,
    feed_id=1,
    mode=Mode.SWEEP,
    segments=(Segment(0),),
    segment=0,
    next_page=1,
    per_page=None,
    updated_from=None,
    updated_to=None,
    started_at=NOW,
    server_started_at=None,
    total=None,
    steps_back=0,
    settled=True,
    all_details=False,
)


def pull(**fields: Any) -> Pull:
    return replace(PULL, **fields)


def row(key: str, content: bytes = b"1", *, at: datetime | None = None, gone: bool = False) -> Incoming:
    return Incoming(key=key, data=content, hash=content, vendor_at=at, day=None, gone=gone)


def stored(key: str, content: bytes = b"1", *, state: State = State.LIVE, missed: bool = False) -> Stored:
    return Stored(key, content, content, state, None, missed)


@given(DAYS, st.integers(0, 4000), st.integers(1, 400))
def test_windows_cover_every_day_once_with_the_fewest(first: date, length: int, days_max: int) -> None:
    last = first + timedelta(days=length)
    found = windows(first, last, days_max=days_max)
    assert (found[0][0], found[-1][1]) == (first, last)
    assert all(left[1] + timedelta(days=1) == right[0] for left, right in pairwise(found))
    assert all((end - start).days < days_max for start, end in found)
    assert len(found) == -(-(length + 1) // days_max)


@given(DAYS, st.integers(1, 4000))
def test_no_window_lies_between_days_that_are_the_wrong_way_round(first: date, length: int) -> None:
    assert windows(first, first - timedelta(days=length), days_max=90) == ()


@given(DAYS, st.integers(0, 400), st.none() | st.integers(1, 100))
def test_a_window_that_is_cut_loses_no_day(first: date, length: int, days_max: int | None) -> None:
    last = first + timedelta(days=length)
    cut = split_segment(pull(segments=(Segment(0, first, last),)), days_max)
    parts = cut.segments if cut else halved(Segment(0, first, last))
    assert (parts[0].day_from, parts[-1].day_to) == (first, last)
    for left, right in pairwise(parts):
        assert left.day_to is not None
        assert left.day_to + timedelta(days=1) == right.day_from


class Vanishing:
    """A listing in a steady order, from which rows vanish while it is read."""

    def __init__(self, size: int, per_page: int, vanishing: list[list[int]]) -> None:
        self.rows = list(range(size))
        self.per_page = per_page
        self._vanishing = list(reversed(vanishing))
        self.reads = 0

    def page(self, number: int) -> tuple[list[int], int]:
        self.reads += 1
        start = (number - 1) * self.per_page
        found, total = self.rows[start : start + self.per_page], len(self.rows)
        for place in self._vanishing.pop() if self._vanishing else ():
            if self.rows:
                del self.rows[place % len(self.rows)]
        return found, total


@pytest.mark.req("R3")
@given(
    st.integers(0, 60),
    st.integers(1, 9),
    st.lists(st.lists(st.integers(0, 100), max_size=3), max_size=STEPS_BACK_MAX),
)
def test_rows_that_vanish_while_being_read_take_no_other_row_with_them(
    size: int, per_page: int, vanishing: list[list[int]]
) -> None:
    listing = Vanishing(size, per_page, vanishing)
    seen: set[int] = set()
    now = pull()
    while not now.finished:
        rows, total = listing.page(now.next_page)
        seen.update(rows)
        has_next = now.next_page * per_page < total
        now = after_page(now, LISTING, has_next=has_next, total=total, per_page=per_page)
    assert set(listing.rows) <= seen or not now.settled
    assert listing.reads <= -(-size // per_page) * (STEPS_BACK_MAX + 1) + 1


@given(st.integers(1, 30), st.integers(1, 1000))
def test_going_back_has_an_end_and_is_told(pages: int, total: int) -> None:
    now = pull(next_page=pages + 1, total=total + 1, steps_back=STEPS_BACK_MAX)
    after = after_page(now, LISTING, has_next=False, total=total, per_page=1)
    assert after.finished
    assert not after.settled


@given(st.lists(st.tuples(KEYS, MOMENTS), max_size=20))
def test_of_repeated_ids_the_newest_is_kept_and_none_is_lost(rows: list[tuple[str, datetime | None]]) -> None:
    incoming = [row(key, str(index).encode(), at=at) for index, (key, at) in enumerate(rows)]
    kept = newest(incoming)
    assert [one.key for one in kept] == list(dict.fromkeys(key for key, _ in rows))
    floor = datetime.min.replace(tzinfo=UTC)
    for one in kept:
        rivals = [other for other in incoming if other.key == one.key]
        best = max(other.vendor_at or floor for other in rivals)
        assert one is [other for other in rivals if (other.vendor_at or floor) == best][-1]


STATES = st.sampled_from(State)
KNOWN = st.dictionaries(KEYS, st.tuples(st.binary(min_size=1, max_size=1), STATES, st.booleans()))
PAGE = st.dictionaries(KEYS, st.tuples(st.binary(min_size=1, max_size=1), st.booleans()))


@given(PAGE, KNOWN)
def test_every_row_of_a_page_falls_into_one_pile(
    page: dict[str, tuple[bytes, bool]], known: dict[str, tuple[bytes, State, bool]]
) -> None:
    before = {
        key: stored(key, content, state=state, missed=missed)
        for key, (content, state, missed) in known.items()
    }
    rows = [row(key, content, gone=gone) for key, (content, gone) in page.items()]
    found = classify(rows, before)
    piles = [*found.created, *found.updated, *found.restored]
    assert len(piles) + len(found.gone) + found.unchanged == len(rows)
    assert all(one.key not in before for one in found.created)
    assert all(before[key].state is not State.DELETED and page[key][1] for key in found.gone)
    assert all(before[one.key].state is not State.LIVE for one in found.restored)
    assert all(before[one.key].hash != one.hash for one in found.updated)
    assert all(before[key].missed for key in found.found_again)


@given(PAGE, KNOWN, st.booleans())
def test_a_listed_row_is_owed_its_detail_unless_it_is_known_or_owed_already(
    page: dict[str, tuple[bytes, bool]],
    known: dict[str, tuple[bytes, State, bool]],
    all_details: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    before = {key: stored(key, content, state=state) for key, (content, state, _) in known.items()}
    rows = [row(key, content) for key, (content, _) in page.items()]
    owed = {one.key: one.hash for one in rows[::2]}
    found = classify(rows, before, owed=owed, anew=lambda _: all_details)
    assert [*found.created, *found.updated, *found.restored] == []
    for one in found.owed:
        fresh = (old := before.get(one.key)) and old.state is State.LIVE and old.list_hash == one.hash
        assert one.key not in owed
        assert all_details or not fresh
    assert len(found.owed) + found.unchanged == len(rows)


def test_a_copy_that_claims_to_be_newer_is_a_conflict_and_is_overwritten() -> None:
    newer = Stored("a", b"0", b"0", State.LIVE, NOW + timedelta(hours=1), missed=False)
    found = classify([row("a", at=NOW)], {"a": newer})
    assert (found.conflicts, [one.key for one in found.updated]) == (("a",), ["a"])


@pytest.mark.req("R6")
@given(st.integers(0, 10_000), st.integers(0, 100_000))
def test_the_fuse_lets_pass_20_or_5_percent_and_holds_more(candidates: int, live: int) -> None:
    allowed = candidates <= 20 or candidates * 20 <= live
    assert fuse(candidates, live) is (Verdict.APPLY if allowed else Verdict.HOLD)


@given(st.integers(0, 10**6))
def test_more_deletions_are_never_easier_to_believe(candidates: int) -> None:
    assert not (fuse(candidates, 1000) is Verdict.HOLD and fuse(candidates + 1, 1000) is Verdict.APPLY)


@pytest.mark.req("R2")
@given(MOMENTS, MOMENTS)
def test_the_watermark_is_the_vendors_time_less_the_overlap_and_never_ours(
    started: datetime | None, closed: datetime | None
) -> None:
    low = datetime(2000, 1, 1, tzinfo=UTC)
    started, closed = (moment and max(moment, low) for moment in (started, closed))
    found = next_watermark(pull(server_started_at=started, updated_to=closed, started_at=NOW))
    if started is None:
        assert found is None
    else:
        assert found == min(started, closed or started) - OVERLAP


@given(st.lists(st.tuples(st.integers(0, 50), st.none() | st.integers(0, 50)), max_size=4))
def test_a_pull_is_done_only_if_it_saw_as_many_as_there_are(counts: list[tuple[int, int | None]]) -> None:
    short = any(total is not None and seen < total for seen, total in counts)
    found = ending(pull(), distinct=[seen for seen, _ in counts], totals=[total for _, total in counts])
    assert found is (PullStatus.UNSETTLED if short else PullStatus.DONE)
    unsettled = ending(pull(settled=False), distinct=[], totals=[])
    assert unsettled is PullStatus.UNSETTLED


def test_a_refused_tool_is_asked_after_a_day_and_then_ever_later_up_to_a_week() -> None:
    waits = [refusal_wait(count).days for count in range(1, 8)]
    assert waits == [1, 2, 4, 7, 7, 7, 7]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_sweep_walks_every_listing_and_its_recycle_bins(stream: Stream) -> None:
    walked = [part.listing for part in segments_for(stream, Mode.SWEEP)]
    assert walked == list(range(len(stream.listings)))
