"""Every operation that changes something, and the lists of what only writes make."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from tiebeam.simulators.procore.writes import (
    change_events,
    correspondence,
    daily_logs,
    directory,
    documents,
    hooks,
    hooks_v2,
    images,
    lookups,
    money,
    observations,
    schedule,
    tickets,
    uploads,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.procore.routing import Route

_FAMILIES = (
    directory,
    correspondence,
    observations,
    change_events,
    money,
    daily_logs,
    tickets,
    images,
    documents,
    schedule,
    uploads,
    hooks,
    hooks_v2,
    lookups,
)


def write_routes() -> Iterator[Route]:
    """The routes of every family."""
    return chain.from_iterable(family.routes() for family in _FAMILIES)
