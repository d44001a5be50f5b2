"""A process that does nothing but send what is wanted, until somebody kills it."""

from __future__ import annotations

import asyncio
from uuid import UUID

from tiebeam.app import opened
from tiebeam.pushing import Pushing
from tiebeam.settings import Settings

_LOOK_SECONDS = 0.05


async def main() -> None:
    """Go on with whatever is to be gone on with, two documents at a time."""
    async with opened(Settings()) as app:
        pushing = Pushing(app)
        await asyncio.gather(_send(pushing, 0), _send(pushing, 1))


async def _send(pushing: Pushing, lane: int) -> None:
    while True:
        for job in await pushing.due():
            intent_id = UUID(job.key)
            if intent_id.int % 2 == lane:
                await pushing.runner().run(intent_id)
        await asyncio.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    asyncio.run(main())
