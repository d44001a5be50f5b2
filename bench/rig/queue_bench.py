"""How quick and how fair the queue is, beside the floor and beside what else there is.

`python bench/queue.py [--json] [--jobs N] [--rounds N] [--without-libraries]` ends with one line of JSON,
`{"figure": "queue", "ratios": {…}}`. Everything is measured in that one run, on the same embedded PostgreSQL
with its durable settings, each measurement in a process and a database of its own, jobs that do nothing.

- `of_floor`: jobs worked off a second by one process, against the floor (`rig/queue_floor.py`): a loop that
  claims and finishes in batches, with unique keys, priorities and delays, without leases, tenants, fairness,
  lines, history or errors. Goal: 0.5.
- `over_pgqueuer`, `over_procrastinate`: the same, against these libraries. Procrastinate is given a twentieth
  of the jobs: it takes longest.
- `start_of_floor`, `start_of_pgqueuer`, `start_of_procrastinate`: from enqueuing one job to its start by a
  worker that waits, median, theirs over ours: above 1, ours is the quicker.
- `worst_wait_over_share`: 1,000 connections of ten tenants, from one with 505 to two with one, are drained
  together by one worker with twenty hands, 50 ms each: a very short sync, and the least that can be shared.
  For each tenant the time from the start until its last is done is set against its share: when that would be
  if tenants took strict turns job by job and everything but the jobs themselves took no time at all. The
  worst of them. Goal: at most 2. (A share that cuts jobs to pieces would be no measure: for a tenant of
  one job it is half a job's length here, so that even a queue without any cost would be at 2.)

Speeds are compared within a round, and the median of the rounds counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from tiebeam.store.cluster import SUPERUSER
from tiebeam.store.embedded import EmbeddedServer
from tiebeam.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Sequence

RIG = Path(__file__).resolve().parent
VENV_WITH_LIBRARIES = RIG.parents[1] / ".venv" / "bench" / "bin" / "python"
LIBRARIES = ("pgqueuer", "procrastinate")
NO_LIBRARIES = """PgQueuer and Procrastinate are not installed, so the queue cannot be measured beside them.
Install them with `make .venv/bench/ready` (`make bench` does so by itself), or leave them out:
--without-libraries."""
TENANTS = 10
CONNECTIONS = 1000


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    jobs: int
    rounds: int
    singles: int
    python: str | None
    """The interpreter that has the libraries; None leaves them out."""


class Bench:
    """One run of everything, on one server."""

    def __init__(self, options: Options, server: EmbeddedServer) -> None:
        self._options = options
        self._server = server
        self._databases = 0

    async def ratios(self) -> dict[str, float]:
        """Measure, and return every ratio by its name."""
        rounds = [await self._round() for _ in range(self._options.rounds)]
        found = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
        found["worst_wait_over_share"] = await self._fairness()
        return {name: round(ratio, 3) for name, ratio in sorted(found.items())}

    async def _round(self) -> dict[str, float]:
        ours, start = await self._rates("queue_ours.py", self._options.jobs)
        floor, floor_start = await self._rates("queue_floor.py", self._options.jobs, owner=True)
        found = {"of_floor": ours / floor, "start_of_floor": floor_start / start}
        for name, jobs in zip(LIBRARIES, (self._options.jobs, self._options.jobs // 20), strict=True):
            if self._options.python:
                python = self._options.python
                # PgQueuer takes a second to start each: a tenth of them tells its median as well.
                singles = -(-self._options.singles // 10)
                rate, library_start = await self._rates(
                    f"queue_{name}.py", max(1, jobs), owner=True, python=python, singles=singles
                )
                found[f"over_{name}"] = ours / rate
                found[f"start_of_{name}"] = library_start / start
        return found

    async def _rates(
        self,
        script: str,
        jobs: int,
        *,
        owner: bool = False,
        python: str = sys.executable,
        singles: int | None = None,
    ) -> tuple[float, float]:
        """Return jobs a second, and the median seconds from enqueuing one to its start."""
        words = [f"--jobs={jobs}", f"--singles={singles or self._options.singles}"]
        found = await self._measured(script, words, owner=owner, python=python)
        waits = sorted(found["start_seconds"])
        rate, start = jobs / found["work_seconds"], statistics.median(waits)
        tell(
            f"{script}: {jobs / found['enqueue_seconds']:,.0f} enqueued and {rate:,.0f} worked off a second,"
            f" started after {start * 1000:.1f} ms, p99 {waits[len(waits) * 99 // 100] * 1000:.1f}"
        )
        return rate, start

    async def _fairness(self) -> float:
        words = [f"--jobs={CONNECTIONS}", f"--tenants={TENANTS}"]
        found = await self._measured("queue_ours.py", words)
        ended: list[float] = found["ended_seconds"]
        fair = fair_ends(found["sizes"], found["hands"], found["job_seconds"])
        tell("waits over shares: " + ", ".join(f"{a / b:.2f}" for a, b in zip(ended, fair, strict=True)))
        return max(actual / ideal for actual, ideal in zip(ended, fair, strict=True))

    async def _measured(
        self, script: str, more: Sequence[str], *, owner: bool = False, python: str = sys.executable
    ) -> dict[str, Any]:
        """Run a script of the rig on a database of its own, and return what it found."""
        name = await self._fresh_database(migrated=not owner)
        url = self._server.owner_url(name) if owner else self._server.url(name)
        words = [python, str(RIG / script), "--database", url, *more]
        ran = await asyncio.to_thread(
            subprocess.run, words, capture_output=True, text=True, cwd=RIG, check=False
        )
        if ran.returncode:
            raise SystemExit(f"{script} failed:\n{ran.stderr}")
        found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
        return found

    async def _fresh_database(self, *, migrated: bool) -> str:
        self._databases += 1
        name = f"bench_{self._databases}"
        await execute(self._server.owner_url("postgres"), f"create database {name}")
        if migrated:
            await migrate(self._server.owner_url(name))
        await execute(self._server.url("postgres", SUPERUSER), "checkpoint")
        return name


def fair_ends(sizes: Sequence[int], hands: int, job_seconds: float) -> list[float]:
    """Return when each tenant's last job ends if tenants take turns and only the jobs take time."""
    ends = [0.0] * len(sizes)
    done = 0
    for turn in range(max(sizes)):
        for tenant, size in enumerate(sizes):
            if turn < size:
                done += 1
                ends[tenant] = -(-done // hands) * job_seconds
    return ends


async def execute(url: str, statement: str) -> None:
    """Run one statement."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(statement.encode())


def tell(line: str) -> None:
    """Say what was measured, where it is not in the way of the JSON."""
    print(line, file=sys.stderr, flush=True)


async def run(options: Options) -> dict[str, float]:
    """Start a database, measure, and clear it away."""
    with tempfile.TemporaryDirectory(prefix="tiebeam-bench-", ignore_cleanup_errors=True) as name:
        # The database may belong to another user than the one who measures, and must get there.
        Path(name).chmod(0o711)  # noqa: ASYNC240 - nothing else is going on yet
        async with await EmbeddedServer.start(Path(name) / "postgres") as server:
            return await Bench(options, server).ratios()


def libraries_python() -> str:
    """Return an interpreter that has the libraries; ends the program with the way to get one."""
    if all(find_spec(name) is not None for name in LIBRARIES):
        return sys.executable
    if VENV_WITH_LIBRARIES.exists():
        return str(VENV_WITH_LIBRARIES)
    raise SystemExit(NO_LIBRARIES)


def options_of(arguments: list[str] | None = None) -> tuple[Options, bool]:
    """Return what is asked for, and whether as JSON alone."""
    parser = argparse.ArgumentParser(description="Measure the queue.")
    parser.add_argument("--json", action="store_true", help="one line of JSON on standard output, no table")
    parser.add_argument("--jobs", type=int, default=20_000, help="how many, for the speeds")
    parser.add_argument("--singles", type=int, default=200, help="how many, for the time to start")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the median counts")
    parser.add_argument("--without-libraries", action="store_true", help="leave out the others")
    asked = parser.parse_args(arguments)
    if min(asked.jobs, asked.rounds, asked.singles) < 1:
        parser.error("--jobs, --singles and --rounds must be positive")
    python = None if asked.without_libraries else libraries_python()
    return Options(asked.jobs, asked.rounds, asked.singles, python), asked.json


def main() -> None:
    """Print every ratio."""
    options, as_json = options_of()
    ratios = asyncio.run(run(options))
    if not as_json:
        for name, ratio in ratios.items():
            print(f"{name:24}{ratio:8.2f}")
    print(json.dumps({"figure": "queue", "ratios": ratios}))


if __name__ == "__main__":
    main()
