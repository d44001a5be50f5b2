"""`tiebeam up`: nobody asks for anything, and the copy becomes and stays true, kills or no kills."""

from __future__ import annotations

import signal
import urllib.error
import urllib.request
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.command_line import shell, simulator
from tests.factories.copies import compared, database_on
from tests.factories.serving import started, until

from tiebeam.cli.exits import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.factories.command_line import Shell
    from tests.factories.database import TestServer


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
        with started(user) as (up, _):
            until(lambda: sim.calls() > calls + 30)
            up.kill()
        with started(user) as (up, address):
            until(lambda: jobs(user, "procore.sync").get("completed"))
            until(lambda: compared(url, sim).equal)
            until(lambda: jobs(user, "alerts.look").get("completed"))
            assert user.json("alerts", "list") == []
            assert jobs(user, "token.keep_alive").get("completed")
            looked_at(user, address)
            up.send_signal(signal.SIGTERM)
            up.wait(60)
            assert up.returncode == Exit.INTERRUPTED


def tells(address: str, wanted: str) -> bool:
    return wanted in fetched(f"{address}/metrics")


def looked_at(user: Shell, address: str) -> None:
    """See its doors, its numbers and its plan."""
    assert (fetched(f"{address}/healthz"), fetched(f"{address}/readyz")) == ("ok\n", "ready\n")
    assert user.json("queue", "trigger", "--stream", "people")["queued"] == 1
    (project,) = user.json("records", "list", "projects", "--limit", "1")
    asked = ("queue", "trigger", "--stream", "projects", "--record")
    assert user.json(*asked, project["key"])["queued"] == 1
    assert "There is no record" in user.refused(*asked, "0", expect=Exit.USAGE)["cause"]
    for wanted in (
        'tiebeam_freshness_seconds_max{stream="procore.rfis"}',
        'share="demand"',
        'tiebeam_jobs_total{kind="procore.refresh",outcome="done"} 2.0',
        'tiebeam_sync_pages_total{stream="procore.people"}',
        'tiebeam_sync_records_total{change="created"}',
    ):
        until(partial(tells, address, wanted))
    planned = user.json("plan")["connections"][0]
    assert planned["hour"]
    assert all(call["reason"] for call in planned["hour"])


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
        assert user.json("queue", "trigger", "--stream", "people")["queued"] == 1
        assert user.json("queue", "trigger", "--stream", "people")["queued"] == 0
        with started(user):
            until(lambda: jobs(user, "procore.refresh").get("completed"))
            assert user.json("records", "list", "people")
            assert jobs(user, "procore.sync") == {}
            user.run("queue", "every", "procore.sync", "0.02")
            until(lambda: jobs(user, "procore.sync"))
        assert "There is no schedule" in user.refused("queue", "pause", "tea", expect=Exit.USAGE)["cause"]


def test_a_port_that_is_taken_is_said_to_be(database_server: TestServer, tmp_path: Path) -> None:
    with simulator(tmp_path / "sim", "--size", "tiny") as sim, database_on(database_server) as url:
        port = sim.url.rpartition(":")[2]
        user = shell(tmp_path / "home", database_url=url, web_port=port, **sim.variables())
        said = user.run("web", expect=Exit.USAGE).text
        assert "TIEBEAM_WEB_PORT" in said


@pytest.mark.req("R16", "Q1")
def test_a_worker_that_runs_apart_tells_its_numbers(database_server: TestServer, tmp_path: Path) -> None:
    with (
        simulator(tmp_path / "sim", "--size", "tiny", "--seed", 4) as sim,
        database_on(database_server) as url,
    ):
        user = shell(tmp_path / "home", database_url=url, metrics_port=0, **sim.variables())
        user.run("init")
        user.run("connect", "procore")
        user.json("queue", "trigger", "--stream", "people")
        with started(user, "worker", "workers") as (_, address):
            until(partial(tells, address, 'tiebeam_jobs_total{kind="procore.refresh",outcome="done"} 1.0'))
            assert fetched(f"{address}/readyz") == "ready\n"
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"{address}/webhooks/procore", data=b"{}", timeout=30)
