"""A command starts at once: what only some commands need is not loaded by all of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tiebeam.cli.main import COMMANDS

HEAVY = ("alembic", "fastapi", "graphql", "jinja2", "joserfc", "starlette", "uvicorn", "tiebeam.web")
SELDOM = ("apprise", "tiebeam.simulators", "reportlab", "tiebeam.duties")
PROGRAM = """
import sys
from tiebeam.cli.main import command_line
command_line({names})
print(*(name for name in {heavy} if name in sys.modules))
"""

EACH_ALONE = """
import os
import aiohttp, apprise, cryptography, msgspec, psycopg, pydantic_settings, structlog, typer
from tiebeam.cli.main import COMMANDS, command_line
for name in COMMANDS:
    if os.fork() == 0:
        command_line([name])
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.wait()[1])
    print(name, code, flush=True)
"""


def loaded(names: object, heavy: tuple[str, ...]) -> list[str]:
    words = [sys.executable, "-c", PROGRAM.format(names=names, heavy=heavy)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


def test_the_command_line_loads_nothing_of_the_web() -> None:
    assert loaded(list(COMMANDS), HEAVY) == []


@pytest.mark.parametrize("name", ["status", "sync", "records"])
def test_a_command_that_is_called_often_loads_nothing_that_others_need(name: str) -> None:
    assert loaded([name], HEAVY + SELDOM) == []


def test_each_command_loads_all_that_it_needs_itself() -> None:
    # Where other tests run a command, every other command has been loaded before it.
    words = [sys.executable, "-c", EACH_ALONE]
    answer = subprocess.run(words, capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == [f"{name} 0" for name in COMMANDS], answer.stderr


def test_a_command_that_is_not_there_is_told_of_by_name() -> None:
    words = [sys.executable, "-m", "tiebeam", "nonsense"]
    answer = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (answer.returncode, "nonsense" in answer.stderr) == (2, True)
