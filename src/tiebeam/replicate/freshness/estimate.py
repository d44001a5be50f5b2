"""How often each feed changes, by hour of the week, from what its reads have found. Pure.

Levels share what they know. A feed that was seldom seen to change is taken for one like the others of its
stream, as busy as its project is, and a stream for one like the others of the company. When in the week
things happen is learnt by the company first (workdays alike, weekends alike), then by stream, then by feed.
Each level is a Gamma prior of the one below, so a few counts move a feed and many decide. What was seen
fades with a half-life: a feed that was quiet for a month and is not watched returns to what its stream
does, and is tried again.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import repeat
from operator import add, mul
from typing import TYPE_CHECKING, NamedTuple

from tiebeam.replicate.freshness.model import (
    HOURS_OF_WEEK,
    Estimate,
    Evidence,
    hour_of_week,
    hours_since_epoch,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from tiebeam.replicate.freshness.model import Item, Seen

HALF_LIFE = timedelta(days=28)
LOOK_BACK_HOURS_MAX = 14 * 24
"""A feed that was not read for longer than this has only its last fortnight counted."""
CHANGES_PER_READ_MAX = 50
"""A bulk import is one event with many records: more than this says nothing about how often it happens."""

HISTORY_WEIGHT = 0.5
PRIOR_RATE_PER_HOUR = 0.05
_COMPANY_CHANGES = 2.0
_STREAM_CHANGES = 1.0
_FEED_CHANGES = 0.2
_PROJECT_FEEDS = 4.0
_SHAPE_CHANGES = 20.0
_FEED_SHAPE_CHANGES = 40.0
"""How many changes of its own weigh as much as what the level above says."""
_QUIETEST = 0.01
"""No hour is taken for quieter than this part of the mean: nobody would look at it again."""
_CELLS = tuple(hour % 24 + (24 if hour >= 120 else 0) for hour in range(HOURS_OF_WEEK))
"""Hour of the day, workdays apart from weekends."""


def begun(seen: Seen, history: Iterable[datetime]) -> Evidence:
    """Return the evidence with which a feed's watch begins: when its records were last changed before.

    `history` holds the vendor's own times of the fortnight before `seen`, one a record, and none where the
    vendor tells no times. A record shows its last change only, so all of it counts for a half.
    """
    span = timedelta(hours=LOOK_BACK_HOURS_MAX)
    known = Counter(
        math.floor(hours_since_epoch(at)) for at in history if seen.until - span <= at < seen.until
    )
    if not known:
        return observe(Evidence(), seen)
    changes = array("d", bytes(8 * HOURS_OF_WEEK))
    for hour, count in known.items():
        changes[hour_of_week(hour)] += HISTORY_WEIGHT * min(count, CHANGES_PER_READ_MAX)
    weeks = LOOK_BACK_HOURS_MAX / HOURS_OF_WEEK
    hours = array("d", [HISTORY_WEIGHT * weeks]) * HOURS_OF_WEEK
    return replace(observe(Evidence(), seen), changes=changes, hours=hours)


def observe(evidence: Evidence, seen: Seen, shape: Sequence[float] | None = None) -> Evidence:
    """Return the evidence with one more read in it.

    Changes that webhooks told of since the read before count as well. The first read of a feed only starts
    the watch: what it brings was there before. `shape` (168 numbers in any unit) says when in the week
    changes are likely, by which those of a long interval are laid on its hours.
    """
    if evidence.as_of is None:
        return replace(evidence, as_of=seen.until, reads=1.0, calls=float(seen.calls), told_pending=0)
    if seen.until <= evidence.as_of:
        return evidence
    if seen.glance:
        return _observe_glance(evidence, seen, shape)
    keep = 0.5 ** ((seen.until - evidence.as_of) / HALF_LIFE)
    pieces = _unwatched(evidence, evidence.as_of, seen)
    changes, hours = _watch(evidence, pieces, seen, shape, keep)
    announced, unannounced = _shown(evidence, evidence.as_of, pieces, seen)
    return replace(
        evidence,
        as_of=seen.until,
        changes=changes,
        hours=hours,
        reads=evidence.reads * keep + 1.0,
        calls=evidence.calls * keep + seen.calls,
        announced=evidence.announced * keep + announced,
        unannounced=evidence.unannounced * keep + unannounced,
        told_pending=0,
        told=evidence.told * keep + evidence.told_pending,
        missed=evidence.missed * keep + seen.changes,
    )


def _observe_glance(evidence: Evidence, seen: Seen, shape: Sequence[float] | None) -> Evidence:
    """Take in a glance: it watched for its part of the changes since the last look, and for no others."""
    assert evidence.as_of
    looked_at = max(evidence.as_of, evidence.probed_at or evidence.as_of)
    if seen.until <= looked_at:
        return evidence
    # Fading is reckoned from the last whole read, hours ago at most: nothing beside a half-life of weeks.
    pieces = [_Piece(looked_at, seen.until, seen.glance_sees)]
    changes, hours = _watch(replace(evidence, told_pending=0), pieces, seen, shape, 1.0)
    return replace(
        evidence,
        changes=changes,
        hours=hours,
        probed_at=seen.until,
        announced=evidence.announced + seen.changes,
        missed=evidence.missed + seen.changes,
    )


class _Piece(NamedTuple):
    """A time for which a part of the changes was not watched until now."""

    start: datetime
    end: datetime
    share: float


def _unwatched(evidence: Evidence, since: datetime, seen: Seen) -> list[_Piece]:
    """Return what a whole read watches: what glances show since the last of them, the rest since `since`."""
    glanced_at = evidence.probed_at
    if not seen.glance_sees or glanced_at is None or not since < glanced_at < seen.until:
        return [_Piece(since, seen.until, 1.0)]
    hidden = _Piece(since, seen.until, 1 - seen.glance_sees)
    return [hidden, _Piece(glanced_at, seen.until, seen.glance_sees)]


def _shown(evidence: Evidence, since: datetime, pieces: Sequence[_Piece], seen: Seen) -> tuple[float, float]:
    """Return how many of the changes that a whole read found a probe showed, or would have, and did not."""
    if len(pieces) > 1:
        hidden, rest = ((piece.end - piece.start).total_seconds() * piece.share for piece in pieces)
        part = hidden / (hidden + rest)
        return seen.changes * (1 - part), seen.changes * part
    probed = evidence.probed_at is not None and evidence.probed_at > since
    if not probed or seen.glance_sees:
        return 0.0, 0.0
    announced = min(seen.announced, seen.changes)
    # A false alarm costs as much as a change that was not shown: probes that lie are given up the same way.
    lied = seen.announced > 0 and not seen.changes and not evidence.told_pending
    return announced, seen.changes - announced + lied


def _watch(
    evidence: Evidence, pieces: Sequence[_Piece], seen: Seen, shape: Sequence[float] | None, keep: float
) -> tuple[array[float], array[float]]:
    """Return changes and hours by hour of the week, faded, with those of the pieces laid on."""
    changes, hours = _faded(evidence.changes, keep), _faded(evidence.hours, keep)
    parts: list[tuple[int, float]] = []
    whole = 0.0
    for start, end, share in pieces:
        since, until = hours_since_epoch(start), hours_since_epoch(end)
        whole += (until - since) * share
        begin = max(since, until - LOOK_BACK_HOURS_MAX)
        parts += [(hour, span * share) for hour, span in _parts(begin, until)]
    watched = math.fsum(span for _, span in parts)
    found = min(seen.changes + evidence.told_pending, CHANGES_PER_READ_MAX) * watched / whole
    likely = [span * (shape[hour] if shape else 1.0) for hour, span in parts]
    total = math.fsum(likely)
    for (hour, span), chance in zip(parts, likely, strict=True):
        hours[hour] += span
        changes[hour] += found * (chance / total if total > 0 else span / watched)
    return changes, hours


def _faded(values: array[float], keep: float) -> array[float]:
    return values[:] if keep == 1 else array("d", map(mul, values, repeat(keep)))


def _parts(start: float, end: float) -> list[tuple[int, float]]:
    """Cut an interval at the full hours: hour of the week, and how much of it."""
    if math.floor(start) == math.floor(end):
        return [(hour_of_week(start), end - start)]
    parts, at = [], start
    while at < end:
        upto = min(end, math.floor(at) + 1.0)
        parts.append((hour_of_week(at), upto - at))
        at = upto
    return parts


def cost_calls(evidence: Evidence | None, usual: float) -> float:
    """Return what a read costs: what it did cost, leaning on `usual` until a few were made."""
    return usual if evidence is None else (usual * 3 + evidence.calls) / (3 + evidence.reads)


def sees_share(evidence: Evidence | None, usual: float) -> float:
    """Return which part of the changes a probe shows: what it did show, leaning on `usual` at first."""
    if evidence is None:
        return usual
    known = evidence.announced + evidence.unannounced
    return (usual * 10 + evidence.announced) / (10 + known)


def missed_share(evidence: Evidence | None, usual: float) -> float:
    """Return which part of the changes no webhook told of, leaning on `usual` until many were told of."""
    if evidence is None or evidence.told <= 0:
        return usual
    return (usual * 100 + evidence.missed) / (100 + evidence.told + evidence.missed)


@dataclass(frozen=True, slots=True)
class _Watched:
    """One feed's evidence, faded to the present."""

    changes: Sequence[float]
    hours: Sequence[float]
    changes_sum: float
    hours_sum: float


def estimates(items: Iterable[Item], evidence: Mapping[int, Evidence], now: datetime) -> dict[int, Estimate]:
    """Return the estimate of every item by its `feed_id`; without evidence, that of its stream."""
    streams: dict[str, dict[int, _Watched]] = defaultdict(dict)
    known = {item.feed_id: item for item in items}
    if not known:
        return {}
    for item in known.values():
        streams[item.stream][item.feed_id] = _watched(evidence.get(item.feed_id, Evidence()), now)
    everyone = [one for feeds in streams.values() for one in feeds.values()]
    rate = _rate(everyone, PRIOR_RATE_PER_HOUR, _COMPANY_CHANGES)
    rates = {name: _rate(feeds.values(), rate, _STREAM_CHANGES) for name, feeds in streams.items()}
    busy = _busy(known, streams, rates)
    shape = _company_shape(everyone)
    found: dict[int, Estimate] = {}
    for name, feeds in streams.items():
        usual = {feed_id: rates[name] * busy[_project(known[feed_id])] for feed_id in feeds}
        bases = {feed_id: _base(one, usual[feed_id], shape) for feed_id, one in feeds.items()}
        stream_shape = _stream_shape([(bases[feed_id], one) for feed_id, one in feeds.items()], shape)
        for feed_id, one in feeds.items():
            found[feed_id] = _estimate(one, _base(one, usual[feed_id], stream_shape), stream_shape)
    return found


def _project(item: Item) -> str:
    return item.scope_text.partition("/")[0]


def _busy(
    known: Mapping[int, Item], streams: Mapping[str, Mapping[int, _Watched]], rates: Mapping[str, float]
) -> dict[str, float]:
    """Return how many times as busy as the middle one each project is.

    By the roots of the counts of its feeds, so that one busy tool does not speak for all the others.
    """
    seen: dict[str, float] = defaultdict(lambda: _PROJECT_FEEDS)
    due: dict[str, float] = defaultdict(lambda: _PROJECT_FEEDS)
    for name, feeds in streams.items():
        for feed_id, one in feeds.items():
            project, usual = _project(known[feed_id]), rates[name] * one.hours_sum
            seen[project] += math.sqrt(one.changes_sum)
            due[project] += math.sqrt(usual) if usual > 0 else 0.0
    ratios = {project: (seen[project] / due[project]) ** 2 for project in seen}
    middle = sorted(ratios.values())[len(ratios) // 2]
    return {project: ratio / middle for project, ratio in ratios.items()}


def _watched(evidence: Evidence, now: datetime) -> _Watched:
    keep = 1.0 if evidence.as_of is None else 0.5 ** (max(now - evidence.as_of, timedelta(0)) / HALF_LIFE)
    if keep > 0.99:
        changes, hours = evidence.changes, evidence.hours
    else:
        changes = array("d", [value * keep for value in evidence.changes])
        hours = array("d", [value * keep for value in evidence.hours])
    return _Watched(changes, hours, sum(changes), sum(hours))


def _rate(some: Iterable[_Watched], prior: float, strength: float) -> float:
    changes, hours = strength, strength / prior
    for one in some:
        changes += one.changes_sum
        hours += one.hours_sum
    return changes / hours


def _base(one: _Watched, prior: float, shape: Sequence[float]) -> float:
    """Return the rate of a feed over the whole week, whichever of its hours were watched."""
    exposure = math.fsum(map(mul, one.hours, shape))
    return (_FEED_CHANGES + one.changes_sum) / (_FEED_CHANGES / prior + exposure)


def _company_shape(everyone: Sequence[_Watched]) -> list[float]:
    """Return how much busier than the mean each hour of the week is: first by the hour of the day alone."""
    observed = [0.0] * HOURS_OF_WEEK
    expected = [0.0] * HOURS_OF_WEEK
    for one in everyone:
        if one.changes_sum > 0:
            mean = one.changes_sum / one.hours_sum
            observed = list(map(add, observed, one.changes))
            expected = list(map(add, expected, (mean * hours for hours in one.hours)))
    seen, due = [0.0] * 48, [0.0] * 48
    for hour, cell in enumerate(_CELLS):
        seen[cell] += observed[hour]
        due[cell] += expected[hour]
    daily = [(_SHAPE_CHANGES + s) / (_SHAPE_CHANGES + d) for s, d in zip(seen, due, strict=True)]
    return _shape(observed, expected, [daily[cell] for cell in _CELLS])


def _stream_shape(feeds: Sequence[tuple[float, _Watched]], prior: Sequence[float]) -> list[float]:
    observed = [0.0] * HOURS_OF_WEEK
    expected = [0.0] * HOURS_OF_WEEK
    for base, one in feeds:
        observed = list(map(add, observed, one.changes))
        expected = list(map(add, expected, (base * hours for hours in one.hours)))
    return _shape(observed, expected, prior)


def _shape(observed: Sequence[float], expected: Sequence[float], prior: Sequence[float]) -> list[float]:
    rows = zip(observed, expected, prior, strict=True)
    found = [(_SHAPE_CHANGES + seen) / (_SHAPE_CHANGES / like + due) for seen, due, like in rows]
    mean = sum(found) / HOURS_OF_WEEK
    return [max(_QUIETEST, value / mean) for value in found]


def _estimate(one: _Watched, base: float, shape: Sequence[float]) -> Estimate:
    own = _FEED_SHAPE_CHANGES
    rows = zip(one.changes, one.hours, shape, strict=True)
    return Estimate(tuple((own + seen) / (own / (base * like) + hours) for seen, hours, like in rows))
