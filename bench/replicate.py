"""How quick the replica's engine is, beside what is possible and beside what else there is.

`python bench/replicate.py [--json] [--records N] [--rounds N] [--without-dlt]` ends with one line of JSON,
`{"figure": "replicate", "ratios": {…}}`. Everything is measured in that one run, on the same pages (about
1.1 kB a record, 1,000 records a page, rendered beforehand and served by a process of their own over real
sockets), into the same embedded PostgreSQL with its durable settings, each measurement in a process and a
database of its own. The vendor's rate limits are off. Speeds are in records a second:

- `of_limit`: the engine's first load, against fetching the same pages and writing their bytes with COPY, one
  `bytea` a page, and doing nothing else. Goal: 0.5.
- `of_limit_rows`: the same, where the limit writes one `jsonb` a record under a primary key.
- `over_dlt`: the first load, against dlt's REST source, set up as its documentation has it, merging into the
  same PostgreSQL. Goal: 8.
- `over_dlt_whole`: the same, where dlt leaves lists in their records instead of making tables of them.
- `unchanged_over_first`: a second full pass in which nothing has changed but the signatures of links, against
  the first. Goal: 3.
- `peak_memory_growth`: the most memory that the pulling process ever held for 5 N records, against N / 20 of
  them: 500,000 against 5,000 unless N is given. Goal: at most 1.3.

Speeds are compared within a round, and the median of the rounds counts. dlt runs once each way: it takes
longest.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.rig.stage import (
    RIG,
    VENV,
    database_folder,
    drop_database,
    fresh_database,
    print_ratios,
    tell,
)

from tiebeam.store.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

VENV_WITH_DLT = VENV / "python"
NO_DLT = """dlt is not installed, so the engine cannot be measured beside it.
Install it with `make .venv/bench/ready` (`make bench` does so by itself), or leave it out: --without-dlt."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    records: int
    rounds: int
    dlt_python: str | None
    """The interpreter that has dlt; None leaves it out."""

    @property
    def few(self) -> int:
        """How many records the smaller of the two measurements of memory takes."""
        return max(1, self.records // 20)

    @property
    def many(self) -> int:
        """How many records the larger takes."""
        return self.records * 5


@dataclass(frozen=True, slots=True)
class Rates:
    """What one round measured, in records a second."""

    first: float
    again: float
    limit: float
    limit_rows: float


class Bench:
    """One run of everything, on one server."""

    def __init__(self, options: Options, server: EmbeddedServer) -> None:
        self._options = options
        self._server = server
        self._databases = 0

    async def ratios(self) -> dict[str, float]:
        """Measure, and return every ratio by its name."""
        options = self._options
        with served(options.records, readings=2) as api:
            rounds = [await self._round(api) for _ in range(options.rounds)]
            found = {
                "of_limit": statistics.median(one.first / one.limit for one in rounds),
                "of_limit_rows": statistics.median(one.first / one.limit_rows for one in rounds),
                "unchanged_over_first": statistics.median(one.again / one.first for one in rounds),
            }
            if options.dlt_python:
                first = statistics.median(one.first for one in rounds)
                found["over_dlt"] = first / await self._dlt(api, options.dlt_python)
                found["over_dlt_whole"] = first / await self._dlt(api, options.dlt_python, "--whole")
        with served(options.few, options.many, readings=1) as api:
            peaks = [await self._peak_kib(api, records) for records in (options.few, options.many)]
        found["peak_memory_growth"] = peaks[1] / peaks[0]
        return {name: round(ratio, 3) for name, ratio in sorted(found.items())}

    async def _round(self, api: str) -> Rates:
        records = self._options.records
        pulled = await self._measured("pull.py", api, records, "--again")
        pages = await self._measured("limit.py", api, records, "--shape=pages", owner=True)
        rows = await self._measured("limit.py", api, records, "--shape=rows", owner=True)
        rates = Rates(
            first=records / pulled["first_seconds"],
            again=records / pulled["again_seconds"],
            limit=records / pages["seconds"],
            limit_rows=records / rows["seconds"],
        )
        tell(
            f"first load {rates.first:,.0f}, unchanged {rates.again:,.0f}, limit {rates.limit:,.0f} as pages"
            f" and {rates.limit_rows:,.0f} as rows (records a second)"
        )
        return rates

    async def _dlt(self, api: str, python: str, *more: str) -> float:
        records = self._options.records
        found = await self._measured("with_dlt.py", api, records, *more, owner=True, python=python)
        rate = records / found["seconds"]
        tell(f"dlt {' '.join([*more, f'{rate:,.0f}'])} (records a second)")
        return rate

    async def _peak_kib(self, api: str, records: int) -> float:
        peak = (await self._measured("pull.py", api, records))["peak_kib"]
        tell(f"peak memory for {records:,} records: {peak / 1024:,.0f} MiB")
        return peak

    async def _measured(
        self,
        script: str,
        api: str,
        records: int,
        *more: str,
        owner: bool = False,
        python: str = sys.executable,
    ) -> dict[str, float]:
        """Run a script of the rig on a database of its own, and return what it found."""
        name = await self._fresh_database()
        url = self._server.owner_url(name) if owner else self._server.url(name)
        words = [python, str(RIG / script), "--database", url, "--api", api, "--records", str(records), *more]
        ran = await asyncio.to_thread(
            subprocess.run, words, capture_output=True, text=True, cwd=RIG, check=False
        )
        if ran.returncode:
            raise SystemExit(f"{script} failed:\n{ran.stderr}")
        found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
        return found

    async def _fresh_database(self) -> str:
        """Make an empty, migrated database in the place of the one before."""
        self._databases += 1
        name = f"bench_{self._databases}"
        await fresh_database(self._server, name)
        if self._databases > 1:
            await drop_database(self._server, f"bench_{self._databases - 1}")
        return name


@contextmanager
def served(*counts: int, readings: int) -> Iterator[str]:
    """Serve projects of so many records for as long as the block runs; yields the base URL."""
    words = [sys.executable, str(RIG / "pages.py"), f"--readings={readings}", *map(str, counts)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise SystemExit("The server of the pages did not start.")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()


async def run(options: Options) -> dict[str, float]:
    """Start a database, measure, and clear it away."""
    with database_folder() as folder:
        async with await EmbeddedServer.start(folder) as server:
            return await Bench(options, server).ratios()


def dlt_python() -> str:
    """Return an interpreter that has dlt; ends the program with the way to get one."""
    if find_spec("dlt") is not None:
        return sys.executable
    if VENV_WITH_DLT.exists():
        return str(VENV_WITH_DLT)
    raise SystemExit(NO_DLT)


def options_of(arguments: list[str] | None = None) -> tuple[Options, bool]:
    """Return what is asked for, and whether as JSON alone."""
    parser = argparse.ArgumentParser(description="Measure the engine of the replica.")
    parser.add_argument("--json", action="store_true", help="one line of JSON on standard output, no table")
    parser.add_argument("--records", type=int, default=100_000, help="how many, for the speeds")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the median counts")
    parser.add_argument("--without-dlt", action="store_true", help="leave out the comparison with dlt")
    asked = parser.parse_args(arguments)
    if min(asked.records, asked.rounds) < 1:
        parser.error("--records and --rounds must be positive")
    python = None if asked.without_dlt else dlt_python()
    return Options(asked.records, asked.rounds, python), asked.json


def main() -> None:
    """Print every ratio."""
    options, as_json = options_of()
    print_ratios("replicate", asyncio.run(run(options)), as_json=as_json)


if __name__ == "__main__":
    main()
