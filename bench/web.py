"""How quick the console's pages are, however large the copy, beside another explorer of tables.

`python bench/web.py [--json] [--small N] [--large N] [--asks N] [--reference SIZE] [--without-datasette]`
ends with one line of JSON, `{"figure": "web", "ratios": {…}}`. Everything is measured in that one run: a copy
of 5,000 and one of 1,000,000 records, of the same twenty projects, lie in two databases of one embedded
PostgreSQL, each served by a `tiebeam web` of its own over real sockets to somebody who is signed in. The kind
of record that is listed is more than half of each copy. Of a page called NAME:

- `NAME_growth`: the 95th percentile of its time in the large copy, over that in the small. Goal: at most 2.
- `NAME_p95_ms`: the 95th percentile in the large copy, in milliseconds, asked one page at a time.
- `NAME_a_second`: how many are answered in a second in the large copy, asked four at a time.
- `NAME_over_datasette`: the same over Datasette's, which serves the same rows of that kind from SQLite with
  indexes, full text search, and the counts of rows worked out beforehand.
- `worst_growth`: the largest growth of overview, list, search, filter and record.
- `reference_p95_ms`: the 95th percentile of the slowest page of the console, in milliseconds, over a copy of
  the simulated company of the reference size (20 projects, about 5,000 items). Goal: under 50.

A time is what the asker waits, sockets included. `overview` is the first page, `list` the newest records,
`search` looks for a word that many records have, `rare` for one that few have, `filter` is by a field,
`project` by a project, `sorted` by a date, `deep` begins in the middle of the list, `kinds` is the table of
all kinds, `record` a record, and `parent` one that hundreds of others name.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.rig import web_console, web_datasette
from bench.rig.stage import VENV, database_folder, fresh_database, print_ratios, tell
from bench.rig.web_ask import p95, rate, seconds_each, text_of
from bench.rig.web_console import Home, Served, reference, signed_in
from bench.rig.web_fill import DAYS, LISTED, PROJECTS, keys_of

from tiebeam.replicate.explorer.plan import default_columns
from tiebeam.replicate.streams import find_stream
from tiebeam.store.cluster import SUPERUSER
from tiebeam.store.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GOAL_PAGES: Final = ("overview", "list", "search", "filter", "record")
SAMPLES: Final = 40
NO_DATASETTE = """Datasette is not installed, so the console cannot be measured beside it.
Install it with `make .venv/bench/ready` (`make bench` does so by itself), or use --without-datasette."""
PAGES: Final = (
    "/", "/records", "/runs", "/runs/log", "/webhooks", "/queue", "/alerts", "/deletions", "/audit",
    "/settings", "/settings/integrations/procore", "/settings/integrations/procore/projects",
    "/settings/people",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    small: int
    large: int
    asks: int
    reference: str
    datasette: bool


class Bench:
    """One run of everything, on one server."""

    def __init__(self, options: Options, server: EmbeddedServer, folder: Path) -> None:
        self._options = options
        self._server = server
        self._folder = folder

    async def ratios(self) -> dict[str, float]:
        """Measure, and return every ratio by its name."""
        with ExitStack() as held:
            sizes = {"small": self._options.small, "large": self._options.large}
            sides = {name: await self._console(held, name, records) for name, records in sizes.items()}
            paths = {name: pages(records) for name, records in sizes.items()}
            found = await self._grown(sides, paths)
            if self._options.datasette:
                found |= await self._beside(held, found)
        found["worst_growth"] = max(found[f"{name}_growth"] for name in GOAL_PAGES)
        found["reference_p95_ms"] = await self._reference()
        return {name: round(ratio, 3) for name, ratio in sorted(found.items())}

    async def _console(self, held: ExitStack, name: str, records: int) -> Served:
        url = await fresh_database(self._server, f"web_{name}")
        home = Home(url, self._folder / name, {})
        await asyncio.to_thread(home.prepare)
        await home.fill(records)
        return await signed_in(held.enter_context(web_console.served(home)))

    async def _grown(
        self, sides: Mapping[str, Served], paths: Mapping[str, Mapping[str, Sequence[str]]]
    ) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, asked in paths["large"].items():
            took = await seconds_each(sides, {size: paths[size][name] for size in sides}, self._options.asks)
            small, large = p95(took["small"]), p95(took["large"])
            found[f"{name}_growth"] = large / small
            found[f"{name}_p95_ms"] = large * 1000
            found[f"{name}_a_second"] = await rate(sides["large"], asked, self._options.asks)
            tell(
                f"{name}: p95 {small * 1000:.1f} and {large * 1000:.1f} ms,"
                f" {found[f'{name}_a_second']:.0f} a second"
            )
        return found

    async def _beside(self, held: ExitStack, ours: Mapping[str, float]) -> dict[str, float]:
        """Return how many pages are answered in the time in which Datasette answers one of the same kind."""
        stream = find_stream(LISTED)
        columns = [column.name for column in default_columns(stream)]
        file = self._folder / "copy.db"
        url = self._server.url("web_large", SUPERUSER)  # Who stands above the wall between tenants.
        rows = await asyncio.to_thread(web_datasette.export, url, stream, columns, file)
        tell(f"Datasette serves {rows:,} rows")
        address = await asyncio.to_thread(held.enter_context, web_datasette.served(VENV / "python", file))
        found = {}
        for name, asked in datasette_pages(self._options.large).items():
            beside = await rate(Served(address, {}), asked, self._options.asks)
            tell(f"{name}: Datasette {beside:.0f} a second")
            found[f"{name}_over_datasette"] = ours[f"{name}_a_second"] / beside
        return found

    async def _reference(self) -> float:
        """Return the 95th percentile of the slowest page over the reference company, in milliseconds."""
        home = Home(await fresh_database(self._server, "web_reference"), self._folder / "reference", {})
        with reference(home, self._options.reference) as there, web_console.served(there) as address:
            side = {"reference": await signed_in(address)}
            worst = 0.0
            for path in [*PAGES, *await record_pages(side["reference"])]:
                took = await seconds_each(side, {"reference": [path]}, self._options.asks)
                milliseconds = p95(took["reference"]) * 1000
                tell(f"{path}: p95 {milliseconds:.1f} ms over the reference company")
                worst = max(worst, milliseconds)
        return worst


def pages(records: int) -> dict[str, list[str]]:
    """Return the addresses of each page that is measured, by its name."""
    place = f"/records/{LISTED}"
    keys = keys_of(records, LISTED)
    some = [keys[len(keys) * (2 * n + 1) // (2 * SAMPLES)] for n in range(SAMPLES)]
    middle = (datetime.now(UTC) - DAYS / 2).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "overview": ["/"],
        "kinds": ["/records"],
        "list": [place],
        "deep": [f"{place}?after={middle}~1~0"],
        "project": [f"{place}?project={100 + n}" for n in range(PROJECTS)],
        "search": [f"{place}?q=sprinkler"],
        "rare": [f"{place}?q=Zinnwaldite"],
        "filter": [f"{place}?field=status&op=is&value=Open"],
        "sorted": [f"{place}?sort=due_date"],
        "record": [f"{place}/{key}" for key in some],
        "parent": [
            f"/records/specification_sections/{key}" for key in keys_of(records, "specification_sections")
        ],
    }


def datasette_pages(records: int) -> dict[str, list[str]]:
    """Return the addresses of Datasette's pages for the same, under that of its database."""
    place, keys = f"/{web_datasette.TABLE}", keys_of(records, LISTED)
    shown = "_nocol=payload"
    live = [key for key in keys[:: max(1, len(keys) // (2 * SAMPLES))] if key % 50 != 7]
    return {
        "overview": [""],
        "list": [f"{place}?{shown}&_sort_desc=changed_at"],
        "search": [f"{place}?{shown}&_search=sprinkler&_sort_desc=changed_at"],
        "rare": [f"{place}?{shown}&_search=Zinnwaldite&_sort_desc=changed_at"],
        "filter": [f"{place}?{shown}&status=Open&_sort_desc=changed_at"],
        "project": [f"{place}?{shown}&project_id={100 + n}&_sort_desc=changed_at" for n in range(PROJECTS)],
        "record": [f"{place}/{key}" for key in live[:SAMPLES]],
    }


async def record_pages(side: Served) -> list[str]:
    """Return the list of every kind that there is something of, and the first record of each."""
    found = []
    for place in re.findall(r'href="(/records/[a-z_]+)">', await text_of(side, "/records")):
        record = re.search(rf'href="({place}/[^"]+)"', await text_of(side, place))
        if record:
            found += [place, record[1].replace("&amp;", "&")]
    return found


async def run(options: Options) -> dict[str, float]:
    """Start a database, measure, and clear it away."""
    if options.datasette and not (VENV / "datasette").exists():
        raise SystemExit(NO_DATASETTE)
    with database_folder() as folder:
        async with await EmbeddedServer.start(folder) as server:
            return await Bench(options, server, folder.parent).ratios()


def options_of(arguments: list[str] | None = None) -> tuple[Options, bool]:
    """Return what is asked for, and whether as JSON alone."""
    parser = argparse.ArgumentParser(description="Measure the pages of the console.")
    parser.add_argument("--json", action="store_true", help="one line of JSON on standard output, no table")
    parser.add_argument("--small", type=int, default=5_000, help="how many records the small copy has")
    parser.add_argument("--large", type=int, default=1_000_000, help="how many the large one has")
    parser.add_argument("--asks", type=int, default=100, help="how often each page is asked for")
    parser.add_argument("--reference", default="reference", help="the size of the simulated company")
    parser.add_argument("--without-datasette", action="store_true", help="leave out the comparison")
    asked = parser.parse_args(arguments)
    if min(asked.small, asked.large) < 500 or asked.asks < 1:
        parser.error("--small and --large must be at least 500, and --asks positive")
    wanted = Options(asked.small, asked.large, asked.asks, asked.reference, not asked.without_datasette)
    return wanted, asked.json


def main() -> None:
    """Print every ratio."""
    options, as_json = options_of()
    print_ratios("web", asyncio.run(run(options)), as_json=as_json)


if __name__ == "__main__":
    main()
