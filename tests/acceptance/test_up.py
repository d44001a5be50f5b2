"""`tiebeam up`: nobody asks for anything, and the copy becomes and stays true, kills or no kills."""

from __future__ import annotations

import signal
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.command_line import shell, simulator
from tests.factories.copies import compared, database_on

from tiebeam.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import Popen

    from tests.factories.command_line import Shell
    from tests.factories.database import TestServer

PATIENCE_SECONDS = 120


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def started(user: Shell) -> tuple[Popen[str], str]:
    """Start it, and return it with the address that it serves."""
    up = user.start("up", stderr=None)
    assert up.stdout
    line = up.stdout.readline()
    assert line.startswith("Up: workers, scheduler and web at http://"), line
    return up, line.split()[-4].rstrip(".")


def jobs(user: Shell, kind: str) -> dict[str, Any]:
    return {
        one["state"]: one["jobs"] for one in user.json("queue", "status")["counts"] if one["kind"] == kind
    }


def fetched(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


@pytest.mark.req("Q1", "Q2", "Q3", "Q4", "R1", "R10", "R16")
def test_it_copies_by_itself_outlives_a_kill_and_ends_gracefully(
    database_server: TestServer, tmp_path: Path
) -> None:
    with (
        simulator(tmp_path / "sim", "--size", "tiny", "--seed", 4) as sim,
        database_on(database_server) as url,
    ):
        user = shell(tmp_path / "home", database_url=url, web_port=0, **sim.variables())
        user.run("init")
        user.run("connect", "procore")
        calls = sim.calls()
        up, _ = started(user)
        until(lambda: sim.calls() > calls + 30)
        up.kill()
        up.communicate()
        up, address = started(user)
        until(lambda: jobs(user, "procore.sync").get("completed"))
        until(lambda: compared(url, sim).equal)
        until(lambda: jobs(user, "alerts.look").get("completed"))
        assert user.json("alerts", "list") == []
        assert jobs(user, "token.keep_alive").get("completed")
        assert (fetched(f"{address}/healthz"), fetched(f"{address}/readyz")) == ("ok\n", "ready\n")
        until(lambda: 'tiebeam_freshness_seconds_max{stream="procore.rfis"}' in fetched(f"{address}/metrics"))
        told = fetched(f"{address}/metrics").splitlines()
        assert any(line.startswith("tiebeam_vendor_calls_total{") and 'share="poll"' in line for line in told)
        assert any(line.startswith("tiebeam_jobs_total{") and 'outcome="done"' in line for line in told)
        planned = user.json("plan")["connections"][0]
        assert planned["hour"]
        assert all(call["reason"] for call in planned["hour"])
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=60)
        assert up.returncode == Exit.INTERRUPTED


@pytest.mark.req("Q3", "Q5", "R19")
def test_what_is_queued_by_hand_is_done_and_a_schedule_can_be_paused(
    database_server: TestServer, tmp_path: Path
) -> None:
    with (
        simulator(tmp_path / "sim", "--size", "tiny", "--seed", 4) as sim,
        database_on(database_server) as url,
    ):
        user = shell(tmp_path / "home", database_url=url, web_port=0, **sim.variables())
        user.run("init")
        user.run("connect", "procore")
        for name in ("procore.sync", "procore.due"):
            user.run("queue", "pause", name)
        assert user.json("queue", "trigger", "--stream", "people") == {"queued": 1}
        assert user.json("queue", "trigger", "--stream", "people") == {"queued": 0}
        up, _ = started(user)
        until(lambda: jobs(user, "procore.refresh").get("completed"))
        assert user.json("records", "list", "people")
        assert jobs(user, "procore.sync") == {}
        user.run("queue", "every", "procore.sync", "0.02")
        until(lambda: jobs(user, "procore.sync"))
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=60)
        assert "There is no schedule" in user.refused("queue", "pause", "tea", expect=Exit.USAGE)["cause"]


def test_a_port_that_is_taken_is_said_to_be(database_server: TestServer, tmp_path: Path) -> None:
    with simulator(tmp_path / "sim", "--size", "tiny") as sim, database_on(database_server) as url:
        port = sim.url.rpartition(":")[2]
        user = shell(tmp_path / "home", database_url=url, web_port=port, **sim.variables())
        said = user.run("web", expect=Exit.USAGE).text
        assert "TIEBEAM_WEB_PORT" in said
