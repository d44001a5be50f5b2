"""Seeds of a board and one of a simulated monday.com: all in memory, each tenth in the database as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.factories.database import test_server
from tests.outside_sim.kept import kept_stage
from tests.outside_sim.world import run_outside_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.seeds import SeedResult


async def run_outside_seeds(
    seeds: list[int], tell: Callable[[SeedResult], None], say: Callable[[str], None] = lambda _: None
) -> None:
    """Run seeds one after another, telling each result as it comes."""
    for seed in seeds:
        tell(await run_outside_seed(seed, say))
    kept = [seed for seed in seeds if seed % 10 == 0]
    if kept:
        async with test_server() as server, kept_stage(server) as ready:
            for seed in kept:
                tell(await ready.run(seed))
