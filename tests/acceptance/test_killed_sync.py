"""`kill -9` of a sync at twenty moments: what was read stays read, and the copy comes out true."""

from __future__ import annotations

import signal
import subprocess
from random import Random
from typing import TYPE_CHECKING

import pytest
from tests.factories.command_line import shell, simulator
from tests.factories.copies import compared, database_on

if TYPE_CHECKING:
    from pathlib import Path

    from tests.factories.command_line import Shell, Simulator
    from tests.factories.database import TestServer

KILLS = 20
SEED = 20_261_121


def connected(folder: Path, url: str, sim: Simulator) -> Shell:
    user = shell(folder, database_url=url, **sim.variables())
    user.run("init")
    user.run("connect", "procore")
    return user


def killed_after(user: Shell, sim: Simulator, calls: int, seconds: float) -> bool:
    """Start a sync and kill it once the vendor has had `calls`, and a moment later; False if it ended."""
    syncing = user.start("sync", "--json", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while runs_on(syncing, 0.01) and sim.calls() < calls:
        pass
    if runs_on(syncing, seconds):
        syncing.kill()
    return syncing.wait() == -signal.SIGKILL


def runs_on(process: subprocess.Popen[str], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


@pytest.mark.alone
@pytest.mark.req("R12", "R2", "R3", "R6")
def test_twenty_kills_lose_nothing_and_repeat_little(database_server: TestServer, tmp_path: Path) -> None:
    rng = Random(SEED)
    with simulator(tmp_path / "sim", "--size", "small", "--seed", 5) as sim:
        with database_on(database_server) as url:
            user = connected(tmp_path / "undisturbed", url, sim)
            before = sim.calls()
            user.run("sync")
            fewest = sim.calls() - before
        with database_on(database_server) as url:
            user = connected(tmp_path / "killed", url, sim)
            before = sim.calls()
            moments = [before + int((place + rng.random()) * fewest / KILLS) for place in range(KILLS)]
            kills = [killed_after(user, sim, moment, rng.uniform(0.0, 0.02)) for moment in moments]
            last = user.json("sync")["connections"][0]
            spent = sim.calls() - before
            found = compared(url, sim)
    assert all(kills), "every kill must have met a sync that was running"
    assert last["failures"] == []
    assert found.equal, found
    assert found.compared > 800
    assert spent <= 1.10 * fewest + 20, f"{spent} calls instead of {fewest}"
