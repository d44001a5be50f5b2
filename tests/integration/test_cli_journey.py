"""A stranger's way through the command line: connect, copy, follow, look, decide. Words and JSON alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from tests.factories.command_line import Shell, Simulator, code_from, shell, simulator
from tests.factories.copies import asked, database_on, signed_in

from tiebeam.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import Popen

    from tests.factories.database import TestServer

Row = dict[str, Any]
MANY = 30
KINDS = (
    "projects",
    "submittals",
    "rfis",
    "drawing_revisions",
    "notes_logs",
    "meetings",
    "change_order_packages",
    "potential_change_orders",
    "images",
    "documents",
    "companies",
    "vendors",
    "users",
    "specification_sections",
    "project_schedule",
    "observations",
    "change_events",
)


@dataclass(frozen=True)
class Desk:
    """A company that was copied, worked for five days, and was followed."""

    user: Shell
    sim: Simulator
    first: Row
    """What the first sync said."""
    second: Row
    asked_before: dict[str, int]
    asked_after: dict[str, int]
    """What the simulator was asked before and after the second sync."""
    between: datetime
    """A moment between the two."""

    def rows(self, stream: str, *options: object) -> list[Row]:
        found = self.user.json("records", "list", stream, "--limit", 10_000, *options)
        assert isinstance(found, list)
        return found

    def changed(self) -> Row:
        """Return an RFI that the second sync has changed."""
        return next(row for row in self.rows("rfis") if row["version"] > 1)


@pytest.fixture(scope="module")
def desk(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("journey")
    company = simulator(folder / "sim", "--size", "small", "--seed", 7, "--pace", 3)
    with database_on(database_server) as url, company as sim:
        user = shell(folder / "home", database_url=url, **sim.variables())
        user.run("init", "--name", "Ridgeline")
        user.run("connect", "procore")
        first = user.json("sync")
        between = datetime.now(UTC)
        sim.control(advance_seconds=5 * 86_400)
        before = sim.stats()["by_endpoint"]
        second = user.json("sync")
        yield Desk(user, sim, first, second, before, sim.stats()["by_endpoint"], between)


def tally(said: Row) -> dict[str, int]:
    found = said["connections"][0]["tally"]
    assert isinstance(found, dict)
    return found


@pytest.mark.req("R1")
def test_the_first_sync_brings_every_kind(desk: Desk) -> None:
    assert tally(desk.first)["created"] > 500
    assert desk.first["connections"][0]["failures"] == []
    streams = {one["stream"]: one for one in desk.user.json("status")["connections"][0]["streams"]}
    assert [kind for kind in KINDS if not streams[f"procore.{kind}"]["live"]] == []


@pytest.mark.req("R2")
def test_the_second_sync_fetches_what_changed_and_rewrites_no_more(desk: Desk) -> None:
    done = tally(desk.second)
    assert 0 < done["updated"] < done["rows"]
    assert done["created"] > 0
    details = "GET /rest/v1.0/projects/{project_id}/rfis/{id}"
    fetched = desk.asked_after[details] - desk.asked_before[details]
    changed = [row for row in desk.rows("rfis", "--deleted") if later(row["changed_at"], desk.between)]
    assert 0 < fetched <= len(changed) + done["deleted"]
    assert tally(desk.second)["rows"] < tally(desk.first)["rows"]


def later(text: str, moment: datetime) -> bool:
    return datetime.fromisoformat(text) > moment


@pytest.mark.req("R20")
def test_nothing_is_ever_sent_but_reads(desk: Desk) -> None:
    writes = [name for name in desk.asked_after if not name.startswith("GET ")]
    assert writes == ["POST /oauth/token"]


def test_connecting_says_what_will_be_read_and_as_whom(desk: Desk) -> None:
    again = desk.user.run("connect", "procore")
    assert "never write" in again.err
    assert f"company {desk.sim.company_id}" in again.out
    said = desk.user.json("connect", "procore", "--company", desk.sim.company_id)
    assert said["company"] == str(desk.sim.company_id)
    assert "@" in said["login"]
    connections = desk.user.json("status")["connections"]
    assert len(connections) == 1, "a company that is connected again goes on with the copy that it has"


def test_status_tells_health_and_freshness_in_words_and_in_json(desk: Desk) -> None:
    words = desk.user.run("status", "--log", 5)
    for part in ("connected", "Records", "rfis", "Sync log", "Calls left"):
        assert part in words.text
    found = desk.user.json("status", "--log", 5)["connections"][0]
    assert found["status"] == "connected"
    assert found["company_id"] == str(desk.sim.company_id)
    assert len(found["log"]) == 5
    assert found["runs"][0]["ended_at"] is not None
    assert {"stream", "live", "deleted", "oldest_read_at", "last_error"} <= found["streams"][0].keys()


@pytest.mark.req("R17")
def test_the_log_tells_what_was_done_in_which_direction_with_what_result(desk: Desk) -> None:
    log = desk.user.json("status", "--log", 5000)["connections"][0]["log"]
    assert {entry["direction"] for entry in log} == {"vendor_to_local"}
    assert {"created", "updated", "pull"} <= {entry["result"] for entry in log}
    rfis = [entry for entry in log if entry["stream"] == "procore.rfis"]
    assert sum(entry["calls"] for entry in rfis) > 0
    assert sum(e["records"] for e in rfis if e["result"] == "created") == len(desk.rows("rfis", "--deleted"))


def test_records_are_listed_by_project_text_and_page(desk: Desk) -> None:
    every = desk.rows("rfis")
    project = every[0]["scope"].removeprefix("project_id=")
    there = desk.rows("rfis", "--project", project)
    assert [row for row in every if row["scope"] == f"project_id={project}"] == there
    word = str(every[0]["payload"]["subject"])
    assert every[0]["key"] in {row["key"] for row in desk.rows("rfis", "--search", word)}
    paged = desk.user.json("records", "list", "rfis", "--limit", 3, "--offset", 2)
    assert paged == every[2:5]
    assert "No rfis here" in desk.user.run("records", "list", "rfis", "--search", "no such words").text
    assert str(every[0]["key"]) in desk.user.run("records", "list", "rfis", "--limit", 1).text


def test_a_record_is_shown_whole(desk: Desk) -> None:
    row = desk.rows("rfis")[0]
    shown = desk.user.json("records", "show", "rfis", row["key"])
    assert shown["payload"] == row["payload"]
    assert shown["state"] == row["state"] == "live"
    words = desk.user.run("records", "show", "rfis", row["key"])
    assert str(row["payload"]["subject"]) in words.out
    assert "live, version" in words.text


@pytest.mark.req("R2")
def test_every_former_version_is_kept(desk: Desk) -> None:
    row = desk.changed()
    versions = desk.user.json("records", "history", "rfis", row["key"])
    assert [one["version"] for one in versions] == list(range(1, row["version"] + 1))
    assert versions[-1]["valid_to"] is None
    assert versions[-1]["payload"] == row["payload"]
    assert all(a["valid_to"] == b["valid_from"] for a, b in pairwise(versions))
    assert len({one["hash"] for one in versions}) > 1
    assert {one["state"] for one in versions} <= {"live", "deleted", "hidden"}
    assert "vendor's change" in desk.user.run("records", "history", "rfis", row["key"]).text


def test_two_versions_are_compared_field_by_field(desk: Desk) -> None:
    row = desk.changed()
    found = desk.user.json("records", "diff", "rfis", row["key"], "--from", 1)
    assert (found["from"], found["to"]) == (1, row["version"])
    assert all({"path", "before", "after"} <= part.keys() for part in found["differences"])
    assert "updated_at" in {part["path"] for part in found["differences"]}
    assert "before" in desk.user.run("records", "diff", "rfis", row["key"], "--from", 1).text
    same = desk.user.run("records", "diff", "rfis", row["key"], "--from", 1, "--to", 1)
    assert "is the same" in same.text


def test_any_moment_can_be_seen_again(desk: Desk) -> None:
    row = desk.changed()
    moment = desk.between.isoformat()
    before = desk.user.json("records", "as-of", "rfis", row["key"], moment)
    assert before["version"] < row["version"]
    assert before["payload"] != row["payload"]
    then = {one["key"]: one for one in desk.rows("rfis", "--as-of", moment)}
    assert then[row["key"]]["payload"] == before["payload"]
    assert then.keys() <= {one["key"] for one in desk.rows("rfis", "--deleted")}
    long_ago = (desk.between - timedelta(days=9)).isoformat()
    assert desk.user.json("records", "as-of", "rfis", row["key"], long_ago) is None
    assert "did not know" in desk.user.run("records", "as-of", "rfis", row["key"], "2001-01-01").text
    assert desk.rows("rfis", "--as-of", long_ago) == []


@pytest.mark.req("R6")
def test_what_is_deleted_is_kept_and_shown_when_asked_for(desk: Desk) -> None:
    kinds = ("rfis", "submittals", "documents", "images", "observations", "drawing_revisions", "meetings")
    desk.user.run("sync", "--full")
    for kind in kinds:
        hidden = [row for row in desk.rows(kind, "--deleted") if row["state"] == "deleted"]
        if hidden:
            break
    else:
        pytest.fail("nothing was deleted within five days")
    assert hidden[0]["key"] not in {row["key"] for row in desk.rows(kind)}
    shown = desk.user.json("records", "show", kind, hidden[0]["key"])
    assert (shown["state"], shown["payload"]) == ("deleted", hidden[0]["payload"])
    assert shown["state_reason"]


@pytest.mark.req("R12", "R2")
def test_one_project_or_one_kind_is_synced_alone(desk: Desk) -> None:
    project = desk.rows("projects")[0]["key"]
    before = desk.sim.stats()["by_endpoint"]
    desk.user.run("sync", "--project", project, "--stream", "submittals")
    after = desk.sim.stats()["by_endpoint"]
    asked = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name)}
    listed = "GET /rest/v1.1/projects/{project_id}/submittals"
    assert asked.pop(listed) == 1
    assert not [name for name in asked if "{project_id}" in name and not name.startswith(listed)], asked
    whole = desk.user.json("sync", "--stream", "rfis", "--full")["connections"][0]
    assert whole["failures"] == []
    assert whole["tally"]["details"] >= len(desk.rows("rfis"))


def test_a_sync_says_in_words_what_it_did(desk: Desk) -> None:
    said = desk.user.run("sync", "--stream", "projects").text
    assert "calls;" in said
    assert "the same" in said


@pytest.mark.req("P2")
def test_a_person_grants_access_with_a_code(desk: Desk, database_server: TestServer, tmp_path: Path) -> None:
    with database_on(database_server) as url:
        user = shell(tmp_path / "home", database_url=url, **desk.sim.variables())
        user.run("init")
        asking = user.start("connect", "procore", "--user", stdin=-1)
        address = printed_address(asking)
        said, noise = asking.communicate(code_from(address) + "\n", timeout=60)
        assert asking.returncode == Exit.OK, noise
        assert "Connected as" in said
        assert "Traceback" not in noise
        code = code_from(address)
        assert user.json("connect", "procore", "--user", "--code", code)["login"] == "pat@example.com"
        used = user.refused("connect", "procore", "--user", "--code", code, expect=Exit.VENDOR)
        assert used["code"].startswith("procore.")
        assert user.json("sync", "--stream", "projects")["connections"][0]["failures"] == []


def printed_address(asking: Popen[str]) -> str:
    assert asking.stderr
    while not (line := asking.stderr.readline().strip()).startswith("http"):
        assert asking.poll() is None
    return line


@dataclass(frozen=True)
class Doubt:
    """A copy in which very many people are missing at once, without any proof."""

    user: Shell
    sim: Simulator


@pytest.fixture
def doubt(database_server: TestServer, tmp_path: Path) -> Iterator[Doubt]:
    company = simulator(tmp_path / "sim", "--size", "tiny", "--seed", 3)
    with database_on(database_server) as url, company as sim:
        user = shell(tmp_path / "home", database_url=url, **sim.variables())
        user.run("init")
        user.run("connect", "procore")
        user.run("sync", "--stream", "people")
        sim.faults({"kind": "hide_record", "match": "GET /rest/v1.0/companies", "resource": "people"})
        headers = signed_in(sim)
        for _ in range(MANY):
            sim.ask("/rest/v1.0/companies", **headers)
        sim.faults()
        yield Doubt(user, sim)


def missed_twice(user: Shell) -> Row:
    user.run("sync", "--stream", "people", "--full")
    return tally(user.json("sync", "--stream", "people", "--full"))


@pytest.mark.req("R6")
def test_many_deletions_at_once_wait_for_a_person_who_decides(doubt: Doubt) -> None:
    user = doubt.user
    live = len(user.json("records", "list", "people"))
    done = missed_twice(user)
    assert (done["held"], done["deleted"]) == (MANY, 0)
    assert len(user.json("records", "list", "people")) == live
    assert "deletions wait for a person" in user.run("status").text
    (hold,) = user.json("deletions", "list")
    assert (len(hold["keys"]), hold["live"], hold["status"]) == (MANY, live, "waiting")
    assert "missing from two complete listings" in user.run("deletions", "list").text
    refused = user.json("deletions", "refuse", hold["id"])
    assert refused == {"hold": hold["id"], "approved": False, "deleted": 0}
    assert user.json("deletions", "list") == []
    too_late = user.refused("deletions", "approve", hold["id"], expect=Exit.USAGE)
    assert str(hold["id"]) in too_late["cause"]
    assert missed_twice(user)["held"] == MANY
    (again,) = user.json("deletions", "list")
    assert user.json("deletions", "approve", again["id"])["deleted"] == MANY
    assert len(user.json("records", "list", "people")) == live - MANY
    assert len(user.json("records", "list", "people", "--deleted")) == live
    assert [one["status"] for one in user.json("deletions", "list", "--all")] == ["refused", "approved"]
    assert "No deletions wait" in user.run("deletions", "list").text
    unknown = user.refused("deletions", "approve", 999_999, expect=Exit.USAGE)
    assert "999999" in unknown["cause"]


@pytest.mark.req("R5", "R17")
def test_a_copy_that_claims_to_be_newer_loses_to_procore_and_the_log_says_so(
    database_server: TestServer, tmp_path: Path
) -> None:
    company = simulator(tmp_path / "sim", "--size", "tiny", "--seed", 5)
    with database_on(database_server) as url, company as sim:
        user = shell(tmp_path / "home", database_url=url, **sim.variables())
        user.run("init")
        user.run("connect", "procore")
        user.run("sync", "--stream", "submittals")
        before = user.json("records", "list", "submittals")[0]
        meddled_with(url, before["key"])
        done = tally(user.json("sync", "--stream", "submittals", "--full"))
        assert (done["conflicts"], done["updated"]) == (1, 1)
        after = user.json("records", "show", "submittals", before["key"])
        assert (after["payload"], after["version"]) == (before["payload"], before["version"] + 1)
        ours = user.json("records", "history", "submittals", before["key"])[-2]
        assert ours["payload"]["title"] == "ours"
        log = user.json("status", "--log", 100)["connections"][0]["log"]
        assert [entry["stream"] for entry in log if entry["result"] == "conflict"] == ["procore.submittals"]
        hashed = "select hash from tiebeam.sync_log_entry where result = 'updated' and key = '{}'"
        assert asked(url, hashed.format(before["key"]), "default") == [(after["hash"],)]


def meddled_with(url: str, key: str) -> None:
    """Change a record in the copy, as if somebody had edited it here after its last change in Procore."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("select set_config('tiebeam.tenant', tiebeam.tenant_of('default')::text, false)")
        changed = connection.execute(
            """
            update tiebeam.record set
                payload = payload || '{"title": "ours"}',
                hash = decode(md5('ours'), 'hex'),
                fingerprint = null,
                vendor_at = now() + interval '1 day'
            where key = %s
            """,
            (key,),
        )
        assert changed.rowcount == 1
