"""What a delivery means, what to ask for it, and when a deletion is proven: decisions without any I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tiebeam.connectors.procore.catalog.streams import STREAMS
from tiebeam.connectors.procore.hooks import STREAM_OF, subject_of
from tiebeam.connectors.streams import Absence, Means, ReadMode, Scope, TimeFilter
from tiebeam.replicate.webhooks.model import Fate, Filed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from tiebeam.connectors.procore.hooks import Event
    from tiebeam.connectors.streams import Stream
    from tiebeam.replicate.webhooks.model import Hook, Known, Pending

ATTEMPTS_MAX = 4
"""How often a record is looked for before it is left to polling."""
PAGES_MAX = 5
"""Of a listing that is read for some records: longer ones are polling's work."""

_CLOCKS_APART = timedelta(seconds=5)
_RECENT_DAYS = 7
_WAIT_FIRST = timedelta(seconds=15)
_WAIT_MAX = timedelta(minutes=10)


def is_echo(event: Event, hook: Hook) -> bool:
    """Whether we did it ourselves: by the app that did it or, where payload v4 does not say, by the user.

    A deletion is always looked at: it must be confirmed, whoever made it.
    """
    if event.event_type == "delete":
        return False
    if event.application_id is not None:
        return event.application_id == hook.own_application_id
    return event.user_id is not None and event.user_id == hook.own_user_id


def filed(
    event: Event,
    hook: Hook,
    streams: Mapping[str, Stream],
    *,
    body: bytes,
    received_at: datetime,
    source: str = "push",
    correlation_id: str | None = None,
) -> Filed:
    """Say what is to be done about an event, and where its record is to be looked for."""
    subject = subject_of(event)
    stream = streams.get(subject.stream) if subject else None
    fate = Fate.FETCH
    if subject is None or stream is None or (stream.scope and event.project_id is None):
        fate = Fate.NOT_COPIED
    elif is_echo(event, hook):
        fate = Fate.ECHO
    scope = Scope().within("project_id", event.project_id) if event.project_id else Scope()
    return Filed(
        hook=hook,
        dedupe_id=event.dedupe_id,
        fate=fate,
        source=source,
        body=body,
        received_at=received_at,
        event_at=min(event.at, received_at) if event.at else received_at,
        event=event,
        stream=stream.name if stream else "",
        scope_text=scope.text if stream and stream.scope else "",
        key=(subject.key or "") if subject else "",
        correlation_id=correlation_id,
    )


def covered_streams() -> frozenset[str]:
    """Return the streams that deliveries tell of."""
    return frozenset(STREAM_OF.values())


def streams_to_catch_up() -> frozenset[str]:
    """Return the streams that deliveries tell of and that can be read from a moment on in a call or two.

    The others would cost a whole listing each: a gap in them is left to polling, which reads them anyway.
    """
    timed = (one for one in STREAMS if one.listings[0].time_filter is not TimeFilter.NONE)
    return covered_streams() & {stream.name for stream in timed}


@dataclass(frozen=True, slots=True)
class Ask:
    """One listing to read, narrowed as far as it can be."""

    listing: int
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    day_from: date | None = None
    day_to: date | None = None


def first_asks(stream: Stream, wanted: Sequence[Pending], known: Iterable[Known]) -> list[Ask]:
    """Return what is read first: the live listing, since the earliest of the deliveries or over some days."""
    since = min(pending.first_at for pending in wanted) - _CLOCKS_APART
    if stream.mode is ReadMode.WINDOW:
        return [Ask(0, day_from=start, day_to=end) for start, end in _days(wanted, known)]
    timed = stream.listings[0].time_filter is not TimeFilter.NONE
    return [Ask(0, updated_from=since if timed else None)]


def _days(wanted: Sequence[Pending], known: Iterable[Known]) -> list[tuple[date, date]]:
    """Return the windows in which logs may lie: the last days, and the days where known ones were."""
    last = max(pending.last_at for pending in wanted).date()
    first = last - timedelta(days=_RECENT_DAYS)
    elsewhere = sorted({each.day for each in known if each.day and not first <= each.day <= last})
    return [(first, last), *((day, day) for day in elsewhere)]


def second_asks(stream: Stream, missing: Sequence[Pending], known: Mapping[str, Known]) -> list[Ask]:
    """Return where else to look for what the first listing did not show: bins, and listings beside it."""
    since = min(pending.first_at for pending in missing) - _CLOCKS_APART
    asks = []
    for index, listing in enumerate(stream.listings):
        wants = listing.means is not Means.DELETED or any(pending.deleted for pending in missing)
        if index and wants:
            timed = listing.time_filter is not TimeFilter.NONE
            asks.append(Ask(index, updated_from=since if timed else None))
    return asks + _as_it_was(stream, missing, known)


def _as_it_was(stream: Stream, missing: Sequence[Pending], known: Mapping[str, Known]) -> list[Ask]:
    """Return where a record stands whose time of modification did not move with what was told."""
    moments = {known[pending.key].vendor_at for pending in missing if pending.key in known}
    deletions = any(pending.deleted for pending in missing)
    return [
        Ask(index, moment - timedelta(seconds=1), moment + timedelta(seconds=1))
        for moment in sorted(filter(None, moments))
        for index, listing in enumerate(stream.listings)
        if listing.time_filter is TimeFilter.RANGE and (deletions or listing.means is not Means.DELETED)
    ]


def absence_is_proof(stream: Stream) -> bool:
    """Whether a record that is nowhere, with everything around it readable, can be believed to be gone.

    Never where the vendor keeps deleted records somewhere: then being there is the proof.
    """
    listed = all(listing.means is not Means.DELETED for listing in stream.listings)
    return stream.absence is Absence.DELETED and listed


def show_path(stream: Stream) -> str:
    """Return the path of one record: its own call where there is one, else beneath its listing."""
    if stream.detail is not None:
        return stream.detail
    listing = stream.listings[0]
    fixed = "&".join(f"{name}={value}" for name, value in listing.params.items())
    return f"{listing.path}/{{id}}" + (f"?{fixed}" if fixed else "")


def next_wait(attempts: int) -> timedelta | None:
    """Return how long to wait before a record is looked for again; None: leave it to polling."""
    if attempts >= ATTEMPTS_MAX:
        return None
    return min(_WAIT_MAX, _WAIT_FIRST * float(4 ** max(0, attempts - 1)))
