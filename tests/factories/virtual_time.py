"""An event loop whose time jumps to the next timer whenever nothing is left to run.

Sleeps, time-outs and retries of hours pass in moments, in the order of their moments, whatever the machine.
What waits for the world outside must hold up the loop instead: the database by `still_database`, threads by
doing at once what they would be given.
"""

from __future__ import annotations

import asyncio
import selectors
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from tests.simulation.stillness import still_database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    """Never waits: it lets the time of its loop pass instead."""

    passed_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if not found and timeout is None:
            raise RuntimeError("everybody waits for something that no time will bring")
        if not found and timeout:
            self.passed_seconds += timeout
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop. Its time begins at 0."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the virtual seconds since the start."""
        return self._jumping.passed_seconds

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override] # typeshed's own signature cannot be written down
        """Do at once what is meant for a thread: no timer tells when that one is ready."""
        del executor
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - goes to who awaits it, as a thread's error does
            done.set_exception(error)
        return done


class LoopClock:
    """The time of a virtual loop, as a `Clock`."""

    def __init__(self, loop: VirtualLoop, start: datetime) -> None:
        self._loop = loop
        self._start = start

    def now(self) -> datetime:
        """Return the virtual time."""
        return self._start + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        """Return the virtual seconds since the start."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait, as everybody does here."""
        await asyncio.sleep(seconds)


def in_virtual_time(start: datetime, doing: Callable[[LoopClock], Awaitable[T]]) -> T:
    """Do something in a loop of its own, in the thread of the caller; what it leaves running is ended."""
    loop = VirtualLoop()
    with still_database(), asyncio.Runner(loop_factory=lambda: loop) as runner:

        async def done() -> T:
            return await doing(LoopClock(loop, start))

        return runner.run(done())
