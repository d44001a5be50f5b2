"""Every operation that changes something, and the lists of what only writes make."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiebeam.simulators.procore.routing import Route


def write_routes() -> Iterator[Route]:
    """The routes of every family."""
    yield from ()
