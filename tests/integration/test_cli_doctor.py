"""`tiebeam doctor` and `--help`: what a person turns to first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.command_line import Shell, Simulator, shell, simulator
from tests.factories.copies import database_on
from typer.testing import CliRunner

from tiebeam.cli.exits import Exit
from tiebeam.cli.main import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.factories.database import TestServer

COMMANDS = (
    (),
    ("demo",),
    ("init",),
    ("connect",),
    ("connect", "procore"),
    ("sync",),
    ("status",),
    ("records",),
    ("records", "list"),
    ("records", "show"),
    ("records", "history"),
    ("records", "as-of"),
    ("records", "diff"),
    ("deletions",),
    ("deletions", "list"),
    ("deletions", "approve"),
    ("deletions", "refuse"),
    ("sim",),
    ("sim", "procore"),
    ("doctor",),
)
GROUPS = {(), ("connect",), ("records",), ("deletions",), ("sim",)}


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulator(tmp_path_factory.mktemp("sim"), "--size", "tiny") as found:
        yield found


@pytest.fixture
def user(sim: Simulator, database_server: TestServer, tmp_path: Path) -> Iterator[Shell]:
    with database_on(database_server) as url:
        yield shell(tmp_path / "home", database_url=url, **sim.variables())


def bad(said: dict[str, Any]) -> set[str]:
    assert said["healthy"] is all(one["good"] for one in said["checks"])
    assert all(one["action"] for one in said["checks"] if not one["good"])
    return {one["check"] for one in said["checks"] if not one["good"]}


def test_all_is_well(user: Shell) -> None:
    user.run("init")
    said = user.json("doctor")
    assert bad(said) == set()
    assert {one["check"] for one in said["checks"]} >= {
        "settings",
        "database",
        "disk",
        "master key",
        "Procore",
    }
    words = user.run("doctor")
    assert words.out.count("ok ") == len(said["checks"])
    assert "PostgreSQL" in words.out


def test_what_is_not_is_named_with_what_to_do(user: Shell, tmp_path: Path) -> None:
    assert bad(user.json("doctor", expect=Exit.INCOMPLETE)) == {"database"}
    user.run("init")
    wrong = user.with_(procore_client_secret="not-this")
    assert bad(wrong.json("doctor", expect=Exit.INCOMPLETE)) == {"Procore"}
    (tmp_path / "home" / "master.key").write_text("rust")
    words = user.run("doctor", expect=Exit.INCOMPLETE)
    assert "bad  master key" in words.out
    assert "→" in words.out
    assert "TIEBEAM_CONCURRENCY" in user.with_(concurrency="x").refused("doctor", expect=Exit.USAGE)["cause"]


def test_every_command_explains_itself() -> None:
    app = command_line()
    for words in COMMANDS:
        said = CliRunner().invoke(app, [*words, "--help"], prog_name="tiebeam", env={"COLUMNS": "100"})
        assert said.exit_code == Exit.OK
        assert f"tiebeam {' '.join(words)}".strip() in said.output
        lines = [line.strip("│ ") for line in said.output.splitlines()]
        assert any(line.endswith(".") and len(line) > 20 for line in lines), said.output
        if words not in GROUPS:
            assert "--json" in said.output


def test_the_first_help_lists_every_command_and_the_exit_codes(user: Shell) -> None:
    whole = user.run("--help").text
    assert [words[0] for words in COMMANDS if words and words[0] not in whole] == []
    for code in (*Exit,):
        assert f"{int(code)} " in whole.split("Exit codes:")[1]
