"""`python tests/simulation/run.py --seeds 1-200`: the seeded simulation, two seeds at a time.

`--world week` runs a week of everything that is always on, instead of the engine alone; `--world push` has
papers pushed to a vendor that lies, `--world procore` to a simulated Procore, `--world link` a job and its
item kept in step, and `--world monday` a board kept the same as one of a simulated monday.com.
Ends with one line of JSON. A failing seed is printed with the one command that replays it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.link_sim.world import run_link_seeds
from tests.outside_sim.seeds import run_outside_seeds
from tests.push_sim.procore_seeds import run_procore_seeds
from tests.push_sim.seeds import run_push_seeds
from tests.simulation.seeds import STEPS, SeedResult, run_seeds
from tests.simulation.week import run_weeks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_CHUNK = 5
_CHUNK_OF_SHORT_ONES = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """Which world is run, and how many steps a seed takes in it, where it counts steps."""

    world: str
    steps: int

    @property
    def words(self) -> str:
        """The options that ask for it."""
        return f"--steps {self.steps}" if self.world == "copy" else f"--world {self.world}"

    async def run(
        self, seeds: list[int], tell: Callable[[SeedResult], None], say: Callable[[str], None]
    ) -> None:
        """Run seeds one after another, telling each result as it comes."""
        if self.world == "week":
            await run_weeks(seeds, tell, say)
        elif self.world == "push":
            await run_push_seeds(seeds, tell, say)
        elif self.world == "procore":
            await run_procore_seeds(seeds, tell, say)
        elif self.world == "link":
            await run_link_seeds(seeds, tell, say)
        elif self.world == "monday":
            await run_outside_seeds(seeds, tell, say)
        else:
            await run_seeds(seeds, self.steps, tell, say)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; 1 when any promise was broken."""
    asked = _parser().parse_args(arguments)
    seeds = list(seeds_in(asked.seeds))
    began = time.monotonic()
    results = []
    kind = Kind(asked.world, asked.steps)
    for result in _run(seeds, kind, asked.jobs, verbose=asked.verbose):
        results.append(result)
        _report(result, kind, len(results), len(seeds), verbose=asked.verbose)
    failures = [result for result in results if result.promise]
    _print_summary(results, failures, time.monotonic() - began)
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run the seeded simulation of the replica.")
    parser.add_argument("--seeds", default="1-200", help="such as 17, 1-200 or 3,5,8-10")
    parser.add_argument(
        "--world",
        choices=("copy", "week", "push", "procore", "link", "monday"),
        default="copy",
        help="the engine, a week of everything, papers on their way to a liar or Procore, links, boards",
    )
    parser.add_argument("--steps", type=int, default=STEPS, help="steps a seed takes before the end")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell every step")
    return parser


def seeds_in(text: str) -> Iterator[int]:
    """Yield the seeds that `text` names: numbers and ranges, parted by commas."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _run(seeds: list[int], kind: Kind, jobs: int, *, verbose: bool) -> Iterable[SeedResult]:
    if jobs <= 1 or len(seeds) == 1:
        yield from _run_here(seeds, kind, verbose=verbose)
        return
    size = _CHUNK_OF_SHORT_ONES if kind.world in {"link", "monday"} else _CHUNK
    chunks = [seeds[start : start + size] for start in range(0, len(seeds), size)]
    with ProcessPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(_run_chunk, chunk, kind) for chunk in chunks]):
            yield from (SeedResult(**plain) for plain in done.result())


def _run_here(seeds: list[int], kind: Kind, *, verbose: bool) -> Iterator[SeedResult]:
    for seed in seeds:
        results: list[SeedResult] = []
        say = _say if verbose else _hush
        asyncio.run(kind.run([seed], results.append, say))
        yield from results


def _run_chunk(seeds: list[int], kind: Kind) -> list[dict[str, Any]]:
    results: list[SeedResult] = []
    asyncio.run(kind.run(seeds, results.append, _hush))
    return [result.plain() for result in results]


def _say(text: str) -> None:
    print(f"  {text}", flush=True)  # noqa: T201 - a command speaks


def _hush(_text: str) -> None:
    pass


def _report(result: SeedResult, kind: Kind, done: int, wanted: int, *, verbose: bool) -> None:
    if result.promise:
        replay = f"python tests/simulation/run.py {kind.words} --seeds {result.seed} -v"
        _say(f"seed {result.seed} FAILED at step {result.steps}: {result.detail}")
        _say(f"  replay: {replay}")
    elif verbose:
        _say(f"seed {result.seed} held; trace {result.trace}")
    if done % 20 == 0:
        _say(f"{done} of {wanted} seeds")


def _print_summary(results: list[SeedResult], failures: list[SeedResult], seconds: float) -> None:
    faults: Counter[str] = Counter()
    for result in results:
        faults.update(result.faults)
    summary = {
        "seeds": len(results),
        "failures": len(failures),
        "steps": sum(result.steps for result in results),
        "faults": sum(faults.values()),
        "kills": sum(result.kills for result in results),
        "calls": sum(result.calls for result in results),
        "faults_by_kind": dict(sorted(faults.items())),
        "seconds": round(seconds, 1),
    }
    print(json.dumps(summary), flush=True)  # noqa: T201 - a command speaks


if __name__ == "__main__":
    sys.exit(main())
