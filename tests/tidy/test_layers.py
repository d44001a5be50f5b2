"""The import contracts hold in the package, and each of them catches what it forbids."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
NAMES: dict[str, str] = {contract["id"]: contract["name"] for contract in SETTINGS["contracts"]}

# A house in which every wall has something on both sides. A value is what the module imports.
HOUSE: dict[str, str] = {
    "__main__": "from tiebeam.cli import main",
    "app": "from tiebeam.store import pool\nfrom tiebeam.replicate import streams",
    "cli.demo": "from tiebeam.simulators.procore import state",
    "cli.comparison": "from tiebeam.simulators.procore import state",
    "cli.main": "from tiebeam import app",
    "cli.sim": "",
    "connectors.bridgit.reads": "",
    "connectors.http": "import aiohttp\nfrom tiebeam.connectors import outcomes, ports",
    "connectors.outcomes": "",
    "connectors.paging": "",
    "connectors.ports": "from tiebeam.connectors import streams",
    "connectors.procore.catalog.streams": "",
    "connectors.procore.reads": "from tiebeam.connectors import http",
    "connectors.procore.writes": "",
    "connectors.streams": "",
    "field.capture": "",
    "files.store": "",
    "identity.people": "",
    "jobs.boards": "",
    "kernel.clock": "import asyncio\nimport time",
    "kernel.diff": "",
    "link.merge": "",
    "operations.alerts.send": "",
    "operations.audit.chain": "",
    "operations.limits.bucket": "",
    "operations.limits.repository": "from tiebeam.store import pool",
    "operations.metrics.count": "",
    "operations.queue.claim": "",
    "operations.schedules.tick": "",
    "operations.tokens.vault": "",
    "paper.sheet": "import reportlab",
    "push.deliveries.bridgit": "",
    "push.deliveries.procore": "from tiebeam.connectors.procore import reads, writes",
    "replicate.model": "",
    "replicate.plan": "from tiebeam.replicate import model",
    "replicate.streams": "from tiebeam.connectors.procore import reads",
    "replicate.replica": "from tiebeam.store import pool",
    "replicate.pull": "from tiebeam.kernel import clock\nfrom tiebeam.replicate import plan",
    "settings": "from tiebeam.store import embedded",
    "simulators.base.random": "import random",
    "simulators.base.server": "import aiohttp",
    "simulators.company.people": "from tiebeam.simulators.procore import state",
    "simulators.procore.state": "from tiebeam.simulators.base import random",
    "simulators.smartsheet.state": "",
    "store.embedded": "",
    "store.migrate": "import alembic\nimport sqlalchemy",
    "store.pool": "import psycopg\nimport psycopg_pool",
    "warehouse.pipeline": "import dagster",
    "web.pages": "",
}


@dataclass(frozen=True)
class Plant:
    """A line that breaks one contract, and the module it is put into."""

    contract: str
    module: str
    line: str
    others: tuple[str, ...] = field(default=())
    """Contracts that this line cannot help breaking too."""


PLANTS = [
    Plant("layers", "kernel.diff", "from tiebeam.identity import people"),
    Plant(
        "layers", "kernel.diff", "from tiebeam.simulators.procore import state", ("simulators-clean-room",)
    ),
    Plant("layers", "simulators.procore.state", "from tiebeam.kernel import diff"),
    Plant("layers", "web.pages", "from tiebeam.cli import sim"),
    Plant("layers", "push.deliveries.bridgit", "from tiebeam.replicate import pull"),
    Plant("layers", "newcomer", ""),
    Plant("capture-stands-alone", "field.capture", "from tiebeam.connectors import ports"),
    Plant("capture-stands-alone", "jobs.boards", "from tiebeam.connectors import streams"),
    Plant("vendors-apart", "connectors.bridgit.reads", "from tiebeam.connectors.procore import client"),
    Plant("vendors-apart", "connectors.ports", "from tiebeam.connectors import paging"),
    Plant("vendors-apart", "connectors.newcomer", ""),
    Plant("simulators-apart", "simulators.procore.state", "from tiebeam.simulators.smartsheet import state"),
    Plant("simulators-apart", "simulators.newcomer", ""),
    Plant("operations-inside", "operations.audit.chain", "from tiebeam.operations.tokens import vault"),
    Plant("operations-inside", "operations.newcomer", ""),
    Plant("deliveries-apart", "push.deliveries.bridgit", "from tiebeam.push.deliveries import procore"),
    Plant("pure", "replicate.plan", "import random"),
    Plant("pure", "replicate.model", "import asyncio"),
    Plant("pure", "connectors.paging", "import logging"),
    Plant("pure", "connectors.streams", "import socket"),
    Plant("pure", "connectors.procore.catalog.streams", "import random"),
    Plant("pure", "operations.limits.bucket", "import time"),
    Plant("pure", "kernel.diff", "import subprocess"),
    Plant("pure", "replicate.plan", "from tiebeam.replicate import friend"),
    Plant("one-home-per-library", "replicate.pull", "import psycopg"),
    Plant("one-home-per-library", "identity.people", "import psycopg_pool"),
    Plant("one-home-per-library", "connectors.procore.reads", "import aiohttp"),
    Plant("one-home-per-library", "simulators.procore.state", "import aiohttp"),
    Plant("one-home-per-library", "simulators.procore.state", "import graphql"),
    Plant("one-home-per-library", "operations.limits.repository", "import sqlalchemy"),
    Plant("one-home-per-library", "app", "import alembic"),
    Plant("one-home-per-library", "field.capture", "import reportlab"),
    Plant("sql-in-repositories", "replicate.pull", "from tiebeam.store import pool"),
    Plant("sql-in-repositories", "settings", "from tiebeam.store import pool"),
    Plant("sql-in-repositories", "cli.main", "from tiebeam.store import migrate"),
    Plant("one-way-out", "replicate.pull", "from tiebeam.connectors.procore import writes"),
    Plant("one-way-out", "app", "from tiebeam.connectors.procore import writes"),
    Plant("one-way-in", "replicate.pull", "from tiebeam.connectors.procore import reads"),
    Plant("one-way-in", "app", "from tiebeam.connectors.procore import reads"),
    Plant("connectors-no-db", "connectors.procore.reads", "from tiebeam.operations.limits import repository"),
    Plant("simulators-clean-room", "cli.main", "from tiebeam.simulators.procore import state"),
    Plant("acyclic", "identity.people", "from tiebeam.identity import badges"),
]

# What a plant needs beside itself.
PROPS = {
    "connectors.procore.client": "",
    "identity.badges": "from tiebeam.identity import people",
    "replicate.friend": "import threading",
}
ALSO_BROKEN = {"connectors-no-db": ("layers",)}


def build(root: Path, modules: dict[str, str]) -> None:
    for name, body in modules.items():
        path = root / "tiebeam" / Path(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body + "\n")
    for folder in [root / "tiebeam", *(root / "tiebeam").rglob("*/")]:
        (folder / "__init__.py").touch()


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    command = "from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "400", "NO_COLOR": "1"},
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )


def broken(output: str) -> set[str]:
    return {key for key, name in NAMES.items() if f"{name} BROKEN" in output}


def test_the_package_keeps_every_contract() -> None:
    answer = lint(ROOT / "src")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0 broken" in answer.stdout


def test_an_honest_house_breaks_nothing(tmp_path: Path) -> None:
    build(tmp_path, HOUSE)
    answer = lint(tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"{len(NAMES)} kept, 0 broken" in answer.stdout


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.contract}:{plant.module}")
def test_a_planted_violation_is_caught(plant: Plant, tmp_path: Path) -> None:
    modules = HOUSE | {name: body for name, body in PROPS.items() if name.rpartition(".")[2] in plant.line}
    modules[plant.module] = "\n".join([modules.get(plant.module, ""), plant.line])
    build(tmp_path, modules)
    answer = lint(tmp_path)
    expected = {plant.contract, *plant.others, *ALSO_BROKEN.get(plant.contract, ())}
    assert broken(answer.stdout) == expected, answer.stdout + answer.stderr
    assert answer.returncode == 1


def test_every_contract_has_a_plant() -> None:
    assert {plant.contract for plant in PLANTS} == set(NAMES)
