"""`python tests/never_over/run.py --hours 24`: is the vendor's limit ever exceeded, and does a person wait?

Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.factories.database import at, fresh_database, test_server
from tests.never_over.day import run_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.never_over.day import Day


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one day; 1 when a limit was exceeded or a person waited."""
    asked = _parser().parse_args(arguments)
    began = time.monotonic()
    found = asyncio.run(_run(asked))
    _say(json.dumps({**found.plain, "real_seconds": round(time.monotonic() - began, 1)}))
    return 0 if found.holds else 1


async def _run(asked: argparse.Namespace) -> Day:
    async with test_server() as server, fresh_database(server) as name:
        url = at(server.app_url, name)
        return await run_day(url, hours=asked.hours, hourly=asked.hourly, spike=asked.spike, seed=asked.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Four processes, one budget, virtual hours.")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--hourly", type=int, default=600, help="the vendor's limit of an hour")
    parser.add_argument("--spike", type=int, default=25, help="the vendor's limit of ten seconds")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command speaks


if __name__ == "__main__":
    sys.exit(main())
