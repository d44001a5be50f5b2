"""Notes which rows of the requirements ledger the passing tests claim, for `make coverage-of-requirements`.

Loaded by `make test` alone: a partial run must not overwrite what the whole suite found.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

CLAIMS = Path("build") / "requirement-claims.json"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let one run of a suite go on where another stopped."""
    parser.addoption("--more-claims", action="store_true", help="add to the claims of the run before")


def pytest_configure(config: pytest.Config) -> None:
    """Collect reports in the one process that sees them all: the controller of a distributed run."""
    if not hasattr(config, "workerinput"):
        claims = Claims(config.rootpath / CLAIMS, add=config.getoption("--more-claims"))
        config.pluginmanager.register(claims, "requirement-claims")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the ids on each test, where its reports carry them from process to process."""
    for item in items:
        for marker in item.iter_markers("req"):
            item.user_properties.extend(("req", row) for row in marker.args)


class Claims:
    """The tests that passed, by row."""

    def __init__(self, path: Path, *, add: bool = False) -> None:
        self._path = path
        self._passed: dict[str, set[str]] = {}
        if add and path.exists():
            self._passed = {row: set(tests) for row, tests in json.loads(path.read_text()).items()}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test once its body has passed."""
        if report.when != "call" or report.outcome != "passed":
            return
        for name, row in report.user_properties:
            if name == "req":
                self._passed.setdefault(str(row), set()).add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        """Write `{row: [test, …]}`."""
        write(self._path, self._passed)


def write(path: Path, passed: Mapping[str, set[str]]) -> None:
    """Write the claims, sorted, so that two runs can be compared."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({row: sorted(tests) for row, tests in sorted(passed.items())}, indent=1) + "\n"
    )
