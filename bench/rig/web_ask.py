"""Asks pages one after another, or some at a time, and says how long the answers took."""

from __future__ import annotations

import asyncio
import time
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bench.rig.web_console import Served

SIDE_BY_SIDE: Final = 4
_PATIENCE: Final = aiohttp.ClientTimeout(total=120)


async def seconds_each(
    sides: Mapping[str, Served], paths: Mapping[str, Sequence[str]], times: int
) -> dict[str, list[float]]:
    """Ask each side so often, in turn, one page at a time; return what each answer took, by side."""
    took: dict[str, list[float]] = {name: [] for name in sides}
    async with aiohttp.ClientSession(timeout=_PATIENCE) as session:
        turns = {name: cycle(paths[name]) for name in sides}
        for name, side in sides.items():
            for path in islice(turns[name], 3):
                await _asked(session, side, path)
        for _ in range(times):
            for name, side in sides.items():
                took[name].append(await _asked(session, side, next(turns[name])))
    return took


async def rate(side: Served, paths: Iterable[str], times: int) -> float:
    """Ask so often, some at a time; return how many pages were answered in a second."""
    waiting = islice(cycle(paths), times)
    async with aiohttp.ClientSession(timeout=_PATIENCE) as session:

        async def ask() -> None:
            for path in waiting:
                await _asked(session, side, path)

        began = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(SIDE_BY_SIDE)))
        return times / (time.perf_counter() - began)


async def text_of(side: Served, path: str) -> str:
    """Return the text of a page."""
    async with (
        aiohttp.ClientSession(timeout=_PATIENCE) as session,
        session.get(side.address + path, cookies=side.cookies) as answer,
    ):
        return await answer.text()


def p95(took: Sequence[float]) -> float:
    """Return the time within which 95 of 100 answers came."""
    return sorted(took)[min(len(took) - 1, len(took) * 95 // 100)]


async def _asked(session: aiohttp.ClientSession, side: Served, path: str) -> float:
    began = time.perf_counter()
    async with session.get(side.address + path, cookies=side.cookies, allow_redirects=False) as answer:
        body = await answer.read()
    took = time.perf_counter() - began
    if answer.status != 200 or not body:
        raise SystemExit(f"{side.address}{path} answered {answer.status}.")
    return took
