"""The linters pass. They are part of the test run so that a green run means a clean tree."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.tidy.house import ROOT


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=["ruff", "format", "mypy"],
)
def test_linter(command: list[str]) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
