"""The tutorial and the how-tos: what they tell a person to type really runs, in their order."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from tests.factories.command_line import SOURCE, ended, shell, simulator
from tests.factories.copies import database_on
from tests.factories.embedded import asked, server_folder, superuser, told

from tiebeam.cli.exits import Exit
from tiebeam.simulators.base.faults import KINDS, rules_from_json
from tiebeam.store.embedded import EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.factories.database import TestServer

DOCS = Path(__file__).resolve().parents[2] / "docs"
TUTORIAL = DOCS / "tutorial" / "first-replica.md"
SECONDS_MAX = 120
# What the set-up of a person's machine does has been done by whoever runs the tests.
DONE = ("make setup", ". .venv/bin/activate")


def blocks(document: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language, without their indentation, in their order."""
    found = re.findall(
        rf"^( *)```{language}\n(.*?)^\1```", document.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found, document
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines()) for indent, text in found]


class Terminal:
    """A person's terminal: commands run one after another, and what was exported stays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exported: list[str] = []
        self.programs = folder / "programs"
        self.programs.mkdir()
        tiebeam = self.programs / "tiebeam"
        tiebeam.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tiebeam "$@"\n')
        tiebeam.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        outside = {name: value for name, value in os.environ.items() if not name.startswith("TIEBEAM_")}
        path = os.pathsep.join([str(self.programs), os.environ["PATH"]])
        return {**outside, "PATH": path, "PYTHONPATH": str(SOURCE), "COLUMNS": "200"}

    def type(self, block: str) -> str:
        """Run the lines of a block; return what they printed. Every one must succeed."""
        lines = [line for line in block.splitlines() if line not in DONE]
        self.exported += [line for line in lines if line.startswith("export ")]
        script = "\n".join(["set -e", *self.exported, *lines])
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        assert done.returncode == Exit.OK, (block, done.stdout, done.stderr)
        return done.stdout


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with server_folder() as folder:
        yield Terminal(folder)


needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None, reason="the documents say to use curl, and this machine has none"
)


@needs_curl
def test_the_tutorial(terminal: Terminal) -> None:
    serve, point, copy, look, live, past, gone = blocks(TUTORIAL, "sh")
    (words,) = [shlex.split(line) for line in serve.splitlines() if line not in DONE]
    assert words[:3] == ["tiebeam", "sim", "procore"]
    with simulator(terminal.folder / "sim", *words[3:], "--pace", 1) as sim:
        point, live = (text.replace("http://127.0.0.1:8490", sim.url) for text in (point, live))
        terminal.exported.append("export TIEBEAM_POSTGRES_FSYNC=false")
        assert "Connected as" in terminal.type(point)
        assert "new" in terminal.type(copy)
        assert "connected" in terminal.type(look)
        terminal.type(live)
        rows = json.loads(terminal.type("tiebeam records list rfis --json --limit 1000"))
        changed = next(row["key"] for row in rows if row["version"] > 1)
        assert changed in terminal.type(past.replace("<id>", changed))
        assert "state" in terminal.type(gone)


def test_the_tutorial_exports_what_the_simulator_says(terminal: Terminal) -> None:
    point = blocks(TUTORIAL, "sh")[1]
    user = shell(terminal.folder / "sim")
    serving = user.start("sim", "procore", "--port", 0, "--size", "tiny")
    assert serving.stdout
    said = ""
    while "tiebeam sync" not in said:
        said += serving.stdout.readline()
    ended(serving)
    for line in re.findall(r"export \S+=\S+", said):
        assert re.sub(r"127.0.0.1:\d+", "127.0.0.1:8490", line) in point


def test_how_to_connect(terminal: Terminal, database_server: TestServer) -> None:
    connect = next(block for block in blocks(DOCS / "howto" / "connect-procore.md", "sh") if "init" in block)
    with (
        simulator(terminal.folder / "sim", "--size", "tiny") as sim,
        database_on(database_server) as url,
    ):
        person = shell(terminal.folder / "home", database_url=url, **sim.variables())
        terminal.exported += [f"export {name}={shlex.quote(v)}" for name, v in person.variables.items()]
        said = terminal.type(connect)
    for part in ("Ready", "Connected as", "calls;", "Records"):
        assert part in said


@needs_curl
def test_how_to_write_against_the_simulator(terminal: Terminal) -> None:
    document = DOCS / "howto" / "write-against-the-simulator.md"
    serve, token, advance, board, ask = blocks(document, "sh")
    with simulator(terminal.folder / "sim", *without_port(shlex.split(serve)[3:])) as sim:
        token, advance = (text.replace("http://localhost:8490", sim.url) for text in (token, advance))
        assert json.loads(terminal.type(token))["token_type"] == "Bearer"
        assert json.loads(terminal.type(advance))["now"]
    words = ["sim", "monday", "--port", "0", *without_port(shlex.split(board)[3:]), "--json"]
    process = shell(terminal.folder / "board").start(*words, stderr=None)
    try:
        assert process.stdout
        address = json.loads(process.stdout.readline())["url"]
        answer = json.loads(terminal.type(ask.replace("http://localhost:8491/v2", address)))
        assert answer["data"]["boards"][0]["name"] == "Active Jobs"
    finally:
        ended(process)
    rules, _ = blocks(document, "json")
    assert len(rules_from_json(rules)) == 3
    text = document.read_text("utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in text] == []


def without_port(words: list[str]) -> list[str]:
    place = words.index("--port")
    return words[:place] + words[place + 2 :]


@pytest.fixture
async def own_server() -> AsyncIterator[EmbeddedServer]:
    """A PostgreSQL that has never heard of Tiebeam."""
    with server_folder() as folder:
        async with await EmbeddedServer.start(folder / "server", fsync=False) as server:
            forget = ("drop database tiebeam with (force)", "drop role if exists tiebeam_app")
            await told(superuser(server), *forget)
            yield server


async def test_how_to_use_your_own_postgresql(terminal: Terminal, own_server: EmbeddedServer) -> None:
    document = DOCS / "howto" / "use-your-own-postgresql.md"
    make, read = blocks(document, "sql")
    (setup,) = blocks(document, "sh")
    await told(superuser(own_server), *make.replace("'…'", "'acorn'").split(";\n"))
    host = quote(str(own_server.url().split("host=")[1].split("&")[0]), safe="%")
    url = f"postgresql://tiebeam_owner:acorn@/tiebeam?host={host}"
    home = f"export TIEBEAM_DATA={terminal.folder / 'home'}"
    said = terminal.type(re.sub(r"(TIEBEAM_DATABASE_URL=)'[^']+'", rf"\1'{url}'", f"{home}\n{setup}"))
    assert "Ready" in said
    assert "by URL" in said
    assert await asked(superuser(own_server, "tiebeam"), "select count(*) from tiebeam.tenant") == 1
    await told(url, *filter(str.strip, read.split(";\n")))
