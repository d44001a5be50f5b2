"""What goes wrong at the command line: a code, a cause, an action, an exit code; and nothing else is lost."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.factories.command_line import Shell, Simulator, code_from, shell, simulator
from tests.factories.copies import compared, database_on
from tests.factories.embedded import server_folder

from tiebeam.cli.exits import Exit
from tiebeam.store.embedded import EmbeddedServer
from tiebeam.store.migrate import downgrade
from tiebeam.store.schema import revisions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.factories.database import TestServer

PASSWORD = "hunter2-not-for-eyes"
KEY = b64encode(b"k" * 32).decode()
RFIS = r"GET /rest/v1.0/projects/\d+/rfis\?"
ANSWERED = 40
"""Of the calls that a sync of a tiny company makes, about half."""
STUCK = {"kind": "delay", "match": "/rest/", "skip": ANSWERED, "delay_seconds": 60}
"""A sync can come so far and no further while somebody looks."""


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulator(tmp_path_factory.mktemp("vendor"), "--size", "tiny", "--seed", 2) as sim:
        yield sim


@pytest.fixture
def sim(vendor: Simulator) -> Iterator[Simulator]:
    """A company that stands still, and of which nothing is broken."""
    yield vendor
    vendor.faults()


@dataclass(frozen=True)
class Templates:
    """Databases to begin with, so that not every test has to set one up."""

    set_up: str
    connected: str


@pytest.fixture(scope="module")
def templates(
    database_server: TestServer, vendor: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Templates]:
    with database_on(database_server) as first:
        begun = shell(tmp_path_factory.mktemp("home"), master_key=KEY, **vendor.variables())
        begun.with_(database_url=first).run("init")
        with database_on(database_server, like=first) as second:
            begun.with_(database_url=second).run("connect", "procore")
            yield Templates(first, second)


@pytest.fixture
def nobody(sim: Simulator, tmp_path: Path) -> Shell:
    """Somebody who has not set up anything."""
    return shell(tmp_path / "home", master_key=KEY, **sim.variables())


@pytest.fixture
def user(nobody: Shell, templates: Templates, database_server: TestServer) -> Iterator[Shell]:
    """Somebody who has set Tiebeam up and connected nothing yet."""
    with database_on(database_server, like=templates.set_up) as url:
        yield nobody.with_(database_url=url)


@pytest.fixture
def connected(nobody: Shell, templates: Templates, database_server: TestServer) -> Iterator[Shell]:
    with database_on(database_server, like=templates.connected) as url:
        yield nobody.with_(database_url=url)


@pytest.fixture
def url(connected: Shell) -> str:
    """The database of who is connected."""
    return connected.variables["TIEBEAM_DATABASE_URL"]


@pytest.fixture
def empty_url(database_server: TestServer) -> Iterator[str]:
    with database_on(database_server) as found:
        yield found


def statuses(user: Shell) -> list[str]:
    return [one["status"] for one in user.json("status")["connections"]]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


# The vendor


def test_wrong_credentials(user: Shell) -> None:
    wrong = user.with_(procore_client_secret=PASSWORD)
    error = Shell(wrong.variables, wrong.folder, (PASSWORD,)).refused(
        "connect", "procore", expect=Exit.VENDOR
    )
    assert error["code"] == "procore.wrong_client"
    assert statuses(user) == []
    user.run("connect", "procore")


def test_a_company_that_the_login_cannot_see(connected: Shell, sim: Simulator) -> None:
    error = connected.refused("connect", "procore", "--company", 12345, expect=Exit.VENDOR)
    assert "12345" in error["cause"] or "company" in error["cause"]
    assert statuses(connected) == ["connected"]
    assert connected.json("status")["connections"][0]["company_id"] == str(sim.company_id)


@pytest.mark.req("P2", "P19")
def test_a_revoked_grant_asks_for_a_person_and_is_mended_by_connecting_again(
    user: Shell, sim: Simulator
) -> None:
    address = f"{sim.url}/oauth/authorize?response_type=code&client_id={sim.client_id}"
    address += f"&redirect_uri={quote('urn:ietf:wg:oauth:2.0:oob')}"
    user.run("connect", "procore", "--user", "--code", code_from(address))
    user.run("sync", "--stream", "projects")
    sim.faults({"kind": "revoke_grant", "match": "GET /rest", "count": 1})
    error = user.refused("sync", expect=Exit.VENDOR)
    assert error["code"] == "procore.grant_revoked"
    found = user.json("status")["connections"][0]
    assert found["status"] == "error"
    assert "onnect" in found["action"]
    assert len(user.json("records", "list", "projects")) == 2
    user.run("connect", "procore", "--user", "--code", code_from(address))
    assert statuses(user) == ["connected"]
    assert user.json("sync")["connections"][0]["failures"] == []


def test_a_project_without_a_tool_is_read_without_it(connected: Shell, sim: Simulator, url: str) -> None:
    project = int(next(row for row in sim.truth("projects") if row["state"] == "live")["id"])
    sim.control(tool={"project_id": project, "name": "rfis", "enabled": False})
    try:
        assert connected.json("sync")["connections"][0]["feeds_off"] > 0
        assert compared(url, sim).equal
        assert "switched off" in connected.run("sync", "--full").text
    finally:
        sim.control(tool={"project_id": project, "name": "rfis", "enabled": True})
    connected.run("sync", "--full")
    assert compared(url, sim).equal


@pytest.mark.req("W16")
def test_a_host_that_nobody_reaches(connected: Shell) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    away = connected.with_(procore_login_url=nowhere, procore_api_url=nowhere)
    error = away.refused("connect", "procore", expect=Exit.VENDOR)
    assert error["code"].startswith(("transport.", "procore."))
    assert statuses(connected) == ["connected"]


@pytest.mark.req("W16", "R8", "R12")
def test_a_vendor_that_goes_away_in_the_middle_ends_the_sync_and_the_next_goes_on(
    empty_url: str, tmp_path: Path
) -> None:
    with simulator(tmp_path / "first", "--size", "tiny", "--seed", 6) as sim:
        user = shell(tmp_path / "home", database_url=empty_url, **sim.variables())
        user.run("init")
        user.run("connect", "procore")
        before = sim.calls()
        sim.faults(STUCK)
        syncing = user.start("sync", "--json")
        while sim.calls() <= before + ANSWERED:
            assert syncing.poll() is None
        port = sim.url.rpartition(":")[2]
    out, err = syncing.communicate(timeout=200)
    assert syncing.returncode == Exit.VENDOR, (out, err)
    assert json.loads(err.splitlines()[-1])["error"]["code"].startswith("transport.")
    held = len(user.json("records", "list", "project_users"))
    with simulator(tmp_path / "second", "--size", "tiny", "--seed", 6, "--port", port) as sim:
        said = user.json("sync")["connections"][0]
        assert (said["failures"], said["details_owed"]) == ([], 0)
        assert "GET /rest/v1.1/projects" not in sim.stats()["by_endpoint"], "it was read before"
        assert len(user.json("records", "list", "project_users")) >= held
        for _ in range(2):
            user.run("sync", "--full")
        assert compared(empty_url, sim).equal


@pytest.mark.parametrize("kind", ["garbage", "truncate", "html"])
@pytest.mark.req("R3")
def test_one_endpoint_that_answers_nonsense_loses_nothing_else(
    connected: Shell, sim: Simulator, url: str, kind: str
) -> None:
    sim.faults({"kind": kind, "match": RFIS})
    said = connected.json("sync", expect=Exit.INCOMPLETE)["connections"][0]
    assert {failure["stream"] for failure in said["failures"]} == {"procore.rfis"}
    assert all(f["code"] and f["cause"] and f["action"] for f in said["failures"])
    found = compared(url, sim)
    assert (found.invented, found.different) == ([], [])
    assert {place.split()[0] for place in found.missing} == {"rfis"}
    assert "Not read" in connected.run("sync", expect=Exit.INCOMPLETE).text
    assert any(one["last_error"] for one in connected.json("status")["connections"][0]["streams"])
    sim.faults()
    assert connected.json("sync")["connections"][0]["failures"] == []
    assert compared(url, sim).equal


@pytest.mark.req("W16", "R12")
def test_a_record_whose_whole_cannot_be_had_is_told_and_fetched_later(
    connected: Shell, sim: Simulator, url: str
) -> None:
    sim.faults({"kind": "status", "status": 422, "match": r"projects/\d+/rfis/\d+", "count": 1})
    said = connected.json("sync", expect=Exit.INCOMPLETE)["connections"][0]
    assert said["details_owed"] > 0
    assert {place.split()[0] for place in compared(url, sim).missing} == {"rfis"}
    assert "details" in connected.run("sync", expect=Exit.INCOMPLETE).text
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select set_config('tiebeam.tenant', tiebeam.tenant_of('default')::text, false)")
        assert connection.execute("update tiebeam.debt set next_at = '2001-01-01'").rowcount > 0
    assert connected.json("sync")["connections"][0]["details_owed"] == 0
    assert compared(url, sim).equal


# The database


def test_a_database_that_was_never_set_up(empty_url: str, nobody: Shell) -> None:
    assert (
        "tiebeam init" in nobody.with_(database_url=empty_url).refused("status", expect=Exit.USAGE)["action"]
    )


def test_a_database_older_than_the_program(connected: Shell, url: str) -> None:
    asyncio.run(downgrade(url, "pre", revisions("pre")[-2]))
    error = connected.refused("status", expect=Exit.DATABASE)
    assert error["code"] == "store.schema_too_old"
    assert "tiebeam init" in error["action"]
    connected.run("doctor", expect=Exit.INCOMPLETE)
    connected.run("init")
    assert statuses(connected) == ["connected"]


def test_a_database_newer_than_the_program(connected: Shell, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("update tiebeam.schema_pre set version_num = '9999'")
    for command in ("status", "init", "sync"):
        assert connected.refused(command, expect=Exit.DATABASE)["code"] == "store.schema_too_new"


def test_the_embedded_database_brings_itself_up_to_date() -> None:
    with server_folder() as folder:
        user = shell(folder / "home", postgres_fsync="false")
        user.run("init")

        async def age() -> None:
            async with await EmbeddedServer.start(folder / "home" / "postgres", fsync=False) as server:
                await downgrade(server.owner_url(), "pre", revisions("pre")[-2])

        asyncio.run(age())
        assert user.json("status")["connections"] == []
        assert "schema" in user.run("doctor", expect=Exit.OK).text


def test_a_database_that_is_not_there_or_refuses_never_has_its_password_printed(
    user: Shell, url: str
) -> None:
    known = conninfo_to_dict(url)
    at = f"tiebeam:{PASSWORD}@127.0.0.1:{free_port()}/tiebeam"
    elsewhere = f"host={known['host']} port={known['port']} user=tiebeam dbname=nowhere password={PASSWORD}"
    for bad in (f"postgresql://{at}", f"postgresql://{at}?sslmode=nonsense", elsewhere, f"postgres//{at}"):
        wrong = user.hiding(PASSWORD).with_(database_url=bad)
        assert wrong.refused("status", expect=Exit.DATABASE)["code"].startswith("store.")
        said = wrong.json("doctor", expect=Exit.INCOMPLETE)
        assert [one["check"] for one in said["checks"] if not one["good"]] == ["database"]


# Settings and options


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tenant", "Not A Slug"),
        ("concurrency", 0),
        ("procore_environment", "moon"),
        ("rate_limit", "perhaps"),
        ("master_key", PASSWORD),
        ("old_master_keys", PASSWORD),
    ],
)
def test_a_bad_setting_is_named_and_its_value_is_not(user: Shell, name: str, value: object) -> None:
    error = user.hiding(PASSWORD).with_(**{name: value}).refused("status", expect=Exit.USAGE)
    assert f"TIEBEAM_{name.upper()}" in error["cause"]


def test_old_keys_without_a_present_one(user: Shell) -> None:
    keys = user.without("master_key").with_(old_master_keys=KEY)
    assert "TIEBEAM_MASTER_KEY" in keys.refused("status", expect=Exit.USAGE)["action"]


def test_a_tenant_that_nobody_made(user: Shell) -> None:
    error = user.with_(tenant="stranger").refused("status", expect=Exit.USAGE)
    assert (error["code"], "stranger" in error["cause"]) == ("app.not_set_up", True)


def test_another_master_key_opens_nothing_and_says_so(connected: Shell) -> None:
    other = connected.with_(master_key=b64encode(b"o" * 32).decode())
    error = other.refused("sync", expect=Exit.VENDOR)
    assert error["code"].startswith("vault.")
    assert statuses(other) == ["connected"]


def test_connecting_without_an_app_or_without_addresses(user: Shell) -> None:
    for missing in ("procore_client_id", "procore_client_secret", "procore_api_url"):
        error = user.without(missing).refused("connect", "procore", expect=Exit.USAGE)
        assert "TIEBEAM_PROCORE_" in error["action"]


def test_syncing_before_connecting(user: Shell) -> None:
    assert "tiebeam connect procore" in user.refused("sync", expect=Exit.USAGE)["action"]
    assert "Nothing is connected yet" in user.run("status").text


def test_what_does_not_exist_is_said_not_to(connected: Shell) -> None:
    connected.run("sync", "--stream", "projects")
    key = connected.json("records", "list", "projects")[0]["key"]
    for words, code in (
        (("records", "list", "nonsense"), "input."),
        (("sync", "--stream", "nonsense"), "input."),
        (("sync", "--project", 999, "--stream", "projects"), "records.unknown"),
        (("records", "show", "rfis", "999"), "records.unknown"),
        (("records", "history", "rfis", "999"), "records.unknown"),
        (("records", "diff", "projects", key, "--from", 7), "input."),
        (("records", "as-of", "projects", key, "the day before"), "input."),
        (("records", "list", "projects", "--as-of", "2026-13-01"), "input."),
        (("deletions", "approve", 1), "input."),
    ):
        assert connected.refused(*words, expect=Exit.USAGE)["code"].startswith(code), words


def test_a_command_line_that_is_none(nobody: Shell) -> None:
    for words in (
        ("records", "list"),
        ("records", "list", "rfis", "--limit", "0"),
        ("sync", "--nonsense"),
        ("nonsense",),
        ("sim", "procore", "--port", "70000"),
    ):
        assert "Usage" in nobody.run(*words, expect=Exit.USAGE).err


# The simulator


def test_a_port_that_is_taken(nobody: Shell, sim: Simulator) -> None:
    taken = sim.url.rpartition(":")[2]
    error = nobody.refused("sim", "procore", "--port", taken, "--size", "tiny", expect=Exit.USAGE)
    assert taken in error["cause"]
    assert "--port" in error["action"]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "{",
        "{}",
        "[1]",
        '[{"kind": "flood"}]',
        '[{"kind": "delay", "probability": 2}]',
        '[{"kind": "html", "match": "("}]',
        '[{"kind": "html", "until": 1}]',
    ],
)
def test_a_fault_file_that_cannot_be_used(nobody: Shell, tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "faults.json"
    if text is not None:
        file.write_text(text)
    words = ("sim", "procore", "--port", 0, "--size", "tiny", "--faults", file)
    error = nobody.refused(*words, expect=Exit.USAGE)
    assert "faults.json" in error["cause"]


# Interrupted


def in_the_background() -> None:
    """Ignore Ctrl-C, as a shell has its background jobs do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize(
    ("how", "where"),
    [(signal.SIGINT, None), (signal.SIGTERM, None), (signal.SIGTERM, in_the_background)],
)
@pytest.mark.req("R12")
def test_an_interrupted_sync_says_so_and_is_resumed(
    empty_url: str, tmp_path: Path, how: signal.Signals, where: Callable[[], None] | None
) -> None:
    with simulator(tmp_path / "sim", "--size", "tiny", "--seed", 8) as sim:
        user = shell(tmp_path / "home", database_url=empty_url, **sim.variables())
        user.run("init")
        user.run("connect", "procore")
        before = sim.calls()
        sim.faults(STUCK)
        syncing = user.start("sync", preexec_fn=where)
        while sim.calls() <= before + ANSWERED:
            assert syncing.poll() is None
        syncing.send_signal(how)
        out, err = syncing.communicate(timeout=60)
        sim.faults()
        assert syncing.returncode == Exit.INTERRUPTED, (out, err)
        assert "goes on from there" in " ".join(err.split())
        assert "Traceback" not in err
        said = user.json("sync")["connections"][0]
        assert said["failures"] == []
        # What was read before is not read again.
        assert sim.stats()["by_endpoint"]["GET /rest/v1.1/projects"] == 1
        assert compared(empty_url, sim).equal


def test_a_reader_that_stops_reading_is_no_fault(connected: Shell) -> None:
    connected.run("sync", "--stream", "people")
    listing = connected.start("records", "list", "people", "--json")
    assert listing.stdout
    listing.stdout.close()
    assert listing.stderr
    said = listing.stderr.read()
    listing.wait(60)
    listing.stderr.close()
    assert "Traceback" not in said
