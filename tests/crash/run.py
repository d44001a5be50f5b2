"""`python tests/crash/run.py --minutes 10`: workers, schedulers and web of one database, killed at random.

Ends with one line of JSON. The same seed kills, changes and asks in the same order; how the processes
interleave is the machine's affair.
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

from tests.crash.outcome import run_storm
from tests.factories.database import test_server

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one storm; 1 when anything was lost, done twice, or not resumed in time."""
    asked = _parser().parse_args(arguments)
    folder = Path(asked.keep or tempfile.mkdtemp(prefix="tiebeam-crash-"))
    _say(f"what the processes log is kept in {folder}")
    with asyncio.Runner() as runner:
        serving = test_server()
        server = runner.run(serving.__aenter__())
        try:
            found = run_storm(
                server, folder, minutes=asked.minutes, seed=asked.seed, size=asked.size, say=_say
            )
        finally:
            runner.run(serving.__aexit__(None, None, None))
    _say(json.dumps(found.plain))
    return 0 if found.holds else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Kill parts of a running installation, at random.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", default="tiny", help="of the company: tiny, small or 20x250")
    parser.add_argument("--keep", help="a folder for the logs of the processes")
    return parser


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command speaks


if __name__ == "__main__":
    sys.exit(main())
