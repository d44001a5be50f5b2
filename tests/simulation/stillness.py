"""Database waits that hold up the whole event loop: what runs when depends on the seed, not on the server.

Within one process everything then happens in one order, which is what lets a seed replay exactly. Other tasks
still come between two statements, wherever the simulation decides to let them.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from psycopg import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator


async def _wait(gen: Any, fileno: int, interval: float = 0.0, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - psycopg's own signature
    del timeout
    return waiting.wait(gen, fileno, interval)


async def _wait_conn(gen: Any, interval: float = 0.0, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - psycopg's own signature
    return waiting.wait_conn(gen, interval, timeout)


@contextmanager
def still_database() -> Iterator[None]:
    """Make every wait for PostgreSQL a blocking one."""
    with patch.object(waiting, "wait_async", _wait), patch.object(waiting, "wait_conn_async", _wait_conn):
        yield


@contextmanager
def silence() -> Iterator[None]:
    """Log nothing: what dies on purpose and what alerts tell would drown the steps of a seed."""
    logging.disable(logging.CRITICAL)
    with patch("tiebeam.operations.alerts.channels._LOG", _Mute()):
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


class _Mute:
    """A log that nobody reads."""

    def log(self, *_said: Any, **_beside: Any) -> None:
        """Say nothing."""
