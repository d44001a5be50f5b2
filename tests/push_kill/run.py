"""`python tests/push_kill/run.py --minutes 3`: tickets sent by a `tiebeam worker` that is killed at random.

Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.factories.database import fresh_database, test_server
from tests.push_kill.storm import SENDER, WORKER, run_storm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.push_kill.storm import Outcome

TICKETS = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one storm; 1 when anything is missing, twice, or half there."""
    parser = argparse.ArgumentParser(description="Kill whoever sends tickets, at random.")
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bare", action="store_true", help="without the queue: more kills in the same time")
    asked = parser.parse_args(arguments)
    found = asyncio.run(_run(asked.minutes, asked.seed, SENDER if asked.bare else WORKER))
    print(json.dumps(found.plain))  # noqa: T201 - a command speaks
    return 1 if found.wrong else 0


async def _run(minutes: float, seed: int, program: tuple[str, ...]) -> Outcome:
    async with test_server() as server, fresh_database(server) as name:
        folder = Path(tempfile.mkdtemp(prefix="tiebeam-crash-"))
        return await run_storm(
            server, name, folder, tickets=TICKETS, kills=1, seconds=minutes * 60, seed=seed, program=program
        )


if __name__ == "__main__":
    sys.exit(main())
