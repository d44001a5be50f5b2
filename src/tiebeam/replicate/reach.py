"""What a connection reaches: the feeds that its choice and the known records call for, and which are open."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tiebeam.replicate.choices.model import EVERYTHING
from tiebeam.replicate.model import Access
from tiebeam.replicate.plan import parent_access, wanted_feeds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiebeam.connectors.streams import Scope, Stream
    from tiebeam.replicate.choices.model import Choice
    from tiebeam.replicate.model import Feed, State
    from tiebeam.replicate.repository import Replica

_REASONS = {
    Access.OPEN: "It is copied (again).",
    Access.GONE: "What it belongs to was deleted.",
    Access.HIDDEN: "What it belongs to can no longer be seen by this connection.",
}
NOT_CHOSEN = "It was not chosen to be copied."


async def known_feeds(replica: Replica, streams: Sequence[Stream], choice: Choice = EVERYTHING) -> list[Feed]:
    """Make the feeds that the known parents and the choice call for, and settle which can be read at all.

    A feed that is not chosen (any more) is hidden: nothing reads it, and what was copied stays. Chosen again,
    it goes on where it was.
    """
    known = {stream.name: stream for stream in streams}
    names = sorted({stream.parent for stream in streams if stream.parent})
    while True:
        parents = {name: await replica.parents(name) for name in names}
        possible = set(wanted_feeds(streams, parents))
        wanted = set(wanted_feeds(streams, parents, choice))
        feeds = [feed for feed in await replica.ensure_feeds(wanted) if feed.stream in known]
        lost = {
            (name, scope, key): state
            for name in names
            for scope, key, state in await replica.lost_parents(name)
        }
        if not await _settled(replica, known, feeds, wanted=wanted, possible=possible, lost=lost):
            return feeds


async def _settled(
    replica: Replica,
    known: dict[str, Stream],
    feeds: list[Feed],
    *,
    wanted: set[tuple[str, Scope]],
    possible: set[tuple[str, Scope]],
    lost: dict[tuple[str, Scope, str], State],
) -> bool:
    """Bring the access of feeds up to date; whether that changed any."""
    access = {(feed.stream, feed.scope): feed.access for feed in feeds}
    moved: dict[tuple[Access, str], list[Feed]] = defaultdict(list)
    for feed in feeds:
        place = (feed.stream, feed.scope)
        if place in possible and place not in wanted:
            if feed.access is not Access.HIDDEN:
                moved[Access.HIDDEN, NOT_CHOSEN].append(feed)
            continue
        after = parent_access(feed, known[feed.stream], wanted=wanted, lost=lost, parent_feeds=access)
        if after is not None:
            moved[after, _REASONS[after]].append(feed)
    for (after, reason), some in moved.items():
        await replica.set_access(some, after, reason, None)
    return bool(moved)
