"""`tiebeam alerts` and `tiebeam log` as a person uses them."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.copies import database_on
from typer.testing import CliRunner

from tiebeam.app import opened, set_up
from tiebeam.cli import alerts, log
from tiebeam.cli.exits import Exit
from tiebeam.operations.alerts.model import Finding, Severity
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import typer
    from tests.factories.database import TestServer
    from typer.testing import Result

pytestmark = pytest.mark.req("R16", "R17")

LATE = Finding("not_synced", "connection:1/procore.rfis", Severity.CRITICAL, "RFIs are late.", "Look.")
_LOG = "insert into tiebeam.sync_log (tenant_id, at, feed_id, result) values (%(tenant)s, %(at)s, 1, 'pull')"


@pytest.fixture
def installed(database_server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with database_on(database_server) as url:
        monkeypatch.setenv("TIEBEAM_DATABASE_URL", url)
        monkeypatch.setenv("TIEBEAM_DATA", str(tmp_path))
        asyncio.run(set_up(read_settings()))
        yield tmp_path


def asked(commands: typer.Typer, *words: object, expect: int = Exit.OK) -> Result:
    result = CliRunner().invoke(commands, [str(word) for word in words])
    assert result.exit_code == expect, result.output
    return result


def told(commands: typer.Typer, *words: object, expect: int = Exit.OK) -> Any:
    return json.loads(asked(commands, *words, "--json", expect=expect).stdout)


async def report(*findings: Finding) -> None:
    async with opened(read_settings()) as app:
        await app.alert_desk().report(app.tenant.id, findings, rules=["not_synced"])


async def age_log(days: int) -> None:
    async with opened(read_settings()) as app, app.store.transaction(app.tenant.id) as tx:
        at = app.clock.now() - timedelta(days=days)
        await tx.run(_LOG, {"tenant": app.tenant.id, "at": at})


@pytest.mark.usefixtures("installed")
def test_alerts_are_listed_and_taken_on() -> None:
    assert "Nothing is wrong." in asked(alerts.commands, "list").stdout
    asyncio.run(report(LATE))
    (alert,) = told(alerts.commands, "list")
    assert (alert["severity"], alert["status"], alert["summary"]) == ("critical", "open", "RFIs are late.")
    assert told(alerts.commands, "ack", alert["id"]) == {"acknowledged": [alert["id"]], "not_open": []}
    shown = asked(alerts.commands, "list").stdout
    assert "acknowledged" in shown
    refused = asked(alerts.commands, "ack", alert["id"], expect=Exit.USAGE)
    assert f"No open alert has the number {alert['id']}." in " ".join(refused.output.split())
    asked(alerts.commands, "ack", expect=Exit.USAGE)
    assert told(alerts.commands, "ack", "--all") == {"acknowledged": [], "not_open": []}
    asyncio.run(report())
    assert told(alerts.commands, "list") == []
    assert [one["status"] for one in told(alerts.commands, "list", "--all")] == ["resolved"]


@pytest.mark.usefixtures("installed")
def test_channels_are_tried_and_their_urls_are_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEBEAM_ALERT_URLS", "critical=json://ann:s3cret@127.0.0.1:1/pa7h")
    result = asked(alerts.commands, "test", "--json", expect=Exit.INCOMPLETE)
    heard = {one["channel"]: one["error"] for one in json.loads(result.stdout.splitlines()[-1])}
    assert heard["log"] is None
    assert "did not take the message" in heard["json"]
    assert "s3cret" not in result.output
    assert "pa7h" not in result.output
    monkeypatch.setenv("TIEBEAM_ALERT_URLS", "s3cret")
    refused = asked(alerts.commands, "list", expect=Exit.USAGE)
    assert "entry 1 is no URL" in refused.output
    assert "s3cret" not in refused.output


def test_old_log_goes_into_a_file_and_comes_back(installed: Path) -> None:
    assert "Nothing has been archived yet." in asked(log.commands, "list").stdout
    for days in (100, 95, 80):
        asyncio.run(age_log(days))
    done = told(log.commands, "archive")
    assert (done["rows_written"], done["rows_deleted"], done["faults"]) == (2, 2, [])
    listed = told(log.commands, "list")
    (file,) = listed["files"]
    assert listed["folder"].startswith(str(installed / "archive"))
    assert file["status"] == "emptied"
    assert told(log.commands, "archive", "--days", 60)["rows_deleted"] == 1
    (back,) = told(log.commands, "restore", file["name"])
    assert (back["rows"], back["added"]) == (2, 2)
    assert [one["added"] for one in told(log.commands, "restore", "--from", "2000-01-01")] == [0, 1]
    assert "2 rows, 0 of them were missing" in asked(log.commands, "restore", file["name"]).stdout


def test_a_restore_that_cannot_be_is_a_help_page(installed: Path) -> None:
    (installed / "x.jsonl.gz").write_bytes(b"nothing like gzip")
    for words in ((), ("a", "--from", "2026-01-01"), ("--from", "yesterday")):
        asked(log.commands, "restore", *words, expect=Exit.USAGE)
    bad = asked(log.commands, "restore", installed / "x.jsonl.gz", expect=Exit.USAGE)
    assert "x.jsonl.gz cannot be trusted: gzip cannot read it" in " ".join(bad.output.split())
    assert "There is no file" in asked(log.commands, "restore", "gone", expect=Exit.USAGE).output
