"""What every figure stands on: a place for a database, empty databases, and where results are told."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from tiebeam.store.cluster import SUPERUSER
from tiebeam.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tiebeam.store.embedded import EmbeddedServer

RIG = Path(__file__).resolve().parent
ROOT = RIG.parents[1]
VENV = ROOT / ".venv" / "bench" / "bin"
"""Where `make .venv/bench/ready` puts what the figures are compared with."""


@contextmanager
def database_folder() -> Iterator[Path]:
    """Make a place for a database, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="tiebeam-bench-", ignore_cleanup_errors=True) as name:
        # The database may belong to another user than the one who measures, and must get there.
        Path(name).chmod(0o711)
        yield Path(name) / "postgres"


async def fresh_database(server: EmbeddedServer, name: str, *, migrated: bool = True) -> str:
    """Make an empty database and return its owner's URL; what others have written is on the disk by then."""
    await execute(server.owner_url("postgres"), f"create database {name}")
    url = server.owner_url(name)
    if migrated:
        await migrate(url)
    await execute(server.url("postgres", SUPERUSER), "checkpoint")
    return url


async def drop_database(server: EmbeddedServer, name: str) -> None:
    """Remove a database, whoever is still connected to it; what that leaves to be written is written."""
    await execute(server.url("postgres", SUPERUSER), f"drop database {name} with (force)")
    await execute(server.url("postgres", SUPERUSER), "checkpoint")


async def execute(url: str, statement: str) -> None:
    """Run one statement."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(statement.encode())


def tell(line: str) -> None:
    """Say what was measured, where it is not in the way of the JSON."""
    print(line, file=sys.stderr, flush=True)


def print_ratios(figure: str, ratios: Mapping[str, float], *, as_json: bool) -> None:
    """Print every ratio: as a table for people unless JSON alone is asked for, and as one line of JSON."""
    if not as_json:
        for name, ratio in ratios.items():
            print(f"{name:36}{ratio:10.2f}")
    print(json.dumps({"figure": figure, "ratios": dict(ratios)}))
