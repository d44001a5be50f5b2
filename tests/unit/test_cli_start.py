"""A command starts at once: what only some commands need is not loaded by all of them."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("alembic", "fastapi", "graphql", "jinja2", "joserfc", "starlette", "uvicorn", "tiebeam.web")
PROGRAM = """
import sys
import tiebeam.cli.main
print(*(name for name in {heavy} if name in sys.modules))
"""


def test_the_command_line_loads_nothing_of_the_web() -> None:
    words = [sys.executable, "-c", PROGRAM.format(heavy=HEAVY)]
    answer = subprocess.run(words, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == []
