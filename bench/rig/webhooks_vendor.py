"""A vendor for `bench/webhooks.py`: one submittal, changed at every reading, until standard input ends."""

from __future__ import annotations

import asyncio
import sys
from email.utils import formatdate
from itertools import count

import orjson

from tiebeam.simulators.base.messages import SimRequest, SimResponse
from tiebeam.simulators.base.server import serve


class OneSubmittal:
    """Answers every listing with the same record, changed since the last time."""

    def __init__(self) -> None:
        self._readings = count(1)

    def handle(self, request: SimRequest) -> SimResponse:
        """Return a page of one row."""
        assert request.method == "GET", request.method
        row = {"id": 1, "title": "Anchors " * 100, "revision": next(self._readings)}
        row["updated_at"] = "2026-03-02T15:00:00Z"
        headers = {"Content-Type": "application/json", "Date": formatdate(usegmt=True), "Total": "1"}
        return SimResponse(200, headers, orjson.dumps([row]))


async def main() -> None:
    """Serve until standard input ends."""
    async with serve(OneSubmittal()) as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
