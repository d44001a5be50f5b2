"""`tiebeam jobs` as a person and as a program uses it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.copies import database_on
from typer.testing import CliRunner

from tiebeam.app import set_up
from tiebeam.cli import jobs, people
from tiebeam.cli.exits import Exit
from tiebeam.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import typer
    from tests.factories.database import TestServer
    from typer.testing import Result

pytestmark = [pytest.mark.req("L1"), pytest.mark.usefixtures("installed")]


@pytest.fixture
def installed(database_server: TestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with database_on(database_server) as url:
        monkeypatch.setenv("TIEBEAM_DATABASE_URL", url)
        monkeypatch.setenv("TIEBEAM_DATA", str(tmp_path))
        monkeypatch.setenv("COLUMNS", "200")
        asyncio.run(set_up(read_settings()))
        yield


def asked(commands: typer.Typer, *words: str, expect: int = Exit.OK) -> Result:
    result = CliRunner().invoke(commands, list(words))
    assert result.exit_code == expect, result.output
    return result


def told(*words: str) -> Any:
    return json.loads(asked(jobs.commands, *words, "--json").stdout.splitlines()[-1])


def test_a_job_is_added_listed_and_shown() -> None:
    asked(people.commands, "add", "ann@alder.example", "--role", "office", "--name", "Ann", "--no-password")
    assert "No such jobs" in asked(jobs.commands, "list").stdout
    details = ("--lead", "ann@alder.example", "--address", "1 Elm St", "--starts", "2026-11-21")
    made = told("add", "Roof [red]", "--status", "scheduled", *details)
    assert (made["number"], made["status"], made["starts_on"]) == (1, "scheduled", "2026-11-21")
    assert "Job 2: Barn" in asked(jobs.commands, "add", "Barn").stdout
    assert [one["number"] for one in told("list")] == [2, 1]
    assert [one["title"] for one in told("list", "elm", "--status", "scheduled")] == ["Roof [red]"]
    listed = asked(jobs.commands, "list", "--limit", "1").stdout
    assert "Barn" in listed
    assert "--after 2" in listed
    shown = asked(jobs.commands, "show", "1").stdout
    assert "Scheduled" in shown
    assert "Ann" in shown
    assert "created" in shown
    activity = told("show", "1")["activity"]
    assert [(one["what"], one["actor"]["kind"]) for one in activity] == [("created", "command")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "7"), "There is no such job"),
        (("add", " "), "Title: it has 0 characters"),
        (("add", "Roof", "--starts", "soon"), "Starts: “soon” is no date"),
        (("add", "Roof", "--lead", "nobody@alder.example"), "nobody with the e-mail address"),
    ],
)
def test_what_cannot_be_is_said_with_what_to_do(words: tuple[str, ...], said: str) -> None:
    result = asked(jobs.commands, *words, expect=Exit.USAGE)
    assert said in result.stderr
    assert "→ " in result.stderr
    assert told("list") == []
