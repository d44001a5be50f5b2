"""From the feeds of a connection to what the planner weighs. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.connectors.streams import Priority
from tiebeam.replicate.freshness.estimate import cost_calls, missed_share, sees_share
from tiebeam.replicate.freshness.model import Item, Probe
from tiebeam.replicate.model import Access
from tiebeam.replicate.probes import Probing, probing, routine_calls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from tiebeam.connectors.streams import Stream
    from tiebeam.replicate.freshness.model import Evidence
    from tiebeam.replicate.model import Feed

WEIGHTS = {Priority.HIGH: 4.0, Priority.MEDIUM: 2.0, Priority.LOW: 1.0}
PROBE_TIMES_MIN = 1.5
"""A read that costs less than so many probes is simply made."""
_FAMILY_WINDOWS = 6.0
"""Windows with something in them that a read of a family finds, until its reads have told."""
_PROBES = {
    Probing.DAYS: Probe(1.0, 0.6, asks="a count of the days"),
    Probing.GLANCE: Probe(1.0, 0.95, brings=True, asks="a glance at what has changed"),
    Probing.ROWS: Probe(1.0, 0.4, asks="a count of the rows"),
}
"""What a probe costs, and which part of the changes it shows until probes have told: where rows are counted
edits do not show, and at a glance only deletions do not."""
_MISSED = 0.01
"""Which part of the deliveries is lost, until reads have told."""


def items_of(
    streams: Iterable[Stream],
    feeds: Iterable[Feed],
    *,
    covered: Collection[str] = (),
    evidence: Mapping[int, Evidence] | None = None,
    ceilings: Mapping[str, timedelta] | None = None,
    families: Mapping[str, str] | None = None,
) -> list[Item]:
    """Return the items of those feeds that can be read, in the order of their ids.

    `covered` names the streams of which webhooks tell, `ceilings` the intervals that a tenant has set, by
    stream, `families` the titles of families (`Daily logs`), whose feeds are one item a project and tool.
    """
    known = {stream.name: stream for stream in streams}
    groups: dict[tuple[str, ...], list[Feed]] = defaultdict(list)
    for feed in sorted(feeds, key=lambda feed: feed.id):
        stream = known.get(feed.stream)
        if stream is not None and feed.access is Access.OPEN:
            together = (stream.family, stream.tool or "") if stream.family else (stream.name,)
            groups[*together, feed.scope_text].append(feed)
    intervals = ceilings or {}
    return [
        _item(
            group,
            known,
            covered=covered,
            evidence=(evidence or {}).get(group[0].id),
            ceilings=intervals,
            families=families or {},
        )
        for group in groups.values()
    ]


def _item(
    group: Sequence[Feed],
    known: Mapping[str, Stream],
    *,
    covered: Collection[str],
    evidence: Evidence | None,
    ceilings: Mapping[str, timedelta],
    families: Mapping[str, str],
) -> Item:
    some = [known[feed.stream] for feed in group]
    first = some[0]
    family = first.family
    usual = 1 + min(_FAMILY_WINDOWS, len(group)) if family else float(routine_calls(first))
    many = family is not None and len(group) > 1
    cost = cost_calls(evidence, usual)
    return Item(
        feed_id=group[0].id,
        stream=f"{first.vendor}.{family}" if many else first.name,
        title=families.get(family or "", "Daily logs") if many else first.title,
        scope_text=group[0].scope_text,
        cost_calls=cost,
        weight=max(WEIGHTS[stream.priority] for stream in some),
        ceiling=min(ceilings.get(stream.name, timedelta(minutes=stream.interval_minutes)) for stream in some),
        covered_by_webhook=all(stream.name in covered for stream in some),
        missed_share=missed_share(evidence, _MISSED),
        calls_per_change=1.0 if first.detail else 0.0,
        probe=_probe(first, cost, evidence),
        feed_ids=tuple(feed.id for feed in group),
    )


def _probe(stream: Stream, read_calls: float, evidence: Evidence | None) -> Probe | None:
    """Return how an item is probed; None where that cannot be, or costs as much as reading it."""
    kind = probing(stream)
    usual = _PROBES[kind] if kind else None
    if usual is None or read_calls < usual.cost_calls * PROBE_TIMES_MIN:
        return None
    return replace(usual, sees_share=sees_share(evidence, usual.sees_share))
