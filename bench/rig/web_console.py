"""A console to ask: a copy in a database of its own, served by a real `tiebeam web`, and a way in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from bench.rig.stage import ROOT, tell
from bench.rig.web_fill import fill

from tiebeam.app import opened
from tiebeam.operations.tokens.model import GrantKind, Secrets, Terms
from tiebeam.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

EMAIL: Final = "ada@example.com"
PASSWORD: Final = "correct horse battery"
_TIEBEAM: Final = (sys.executable, "-m", "tiebeam")


@dataclass(frozen=True, slots=True)
class Home:
    """Where the commands of one copy are run: its database, its data folder, and what else is set."""

    database_url: str
    data: Path
    more: Mapping[str, str]

    @property
    def variables(self) -> dict[str, str]:
        """The settings of this copy."""
        own = {
            "DATABASE_URL": self.database_url,
            "DATA": str(self.data),
            "WEB_PORT": "0",
            "RATE_LIMIT": "false",
        }
        return {f"TIEBEAM_{name}": text for name, text in {**own, **self.more}.items()}

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a command."""
        outside = {name: text for name, text in os.environ.items() if not name.startswith("TIEBEAM_")}
        return {**outside, "PYTHONPATH": str(ROOT / "src"), **self.variables}

    def run(self, *words: str, said: str = "") -> None:
        """Run a command to its end."""
        ran = subprocess.run(
            [*_TIEBEAM, *words], input=said, env=self.environment, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise SystemExit(f"tiebeam {' '.join(words)} failed:\n{ran.stderr}")

    def prepare(self) -> None:
        """Make the tables, and somebody who may see everything."""
        self.data.mkdir(parents=True)
        self.run("init")
        words = ("people", "add", EMAIL, "--role", "tenant_admin", "--password-stdin")
        self.run(*words, said=f"{PASSWORD}\n")

    async def fill(self, records: int) -> None:
        """Write a copy of so many records, of a connection that is in use."""
        settings = Settings(
            database_url=self.database_url,  # type: ignore[arg-type]  # pydantic makes a secret of it
            data=self.data,
            rate_limit=False,
        )
        async with opened(settings) as app:
            terms = Terms(
                vendor="procore",
                environment="custom",
                login_url="http://127.0.0.1:9",
                api_url="http://127.0.0.1:9",
                client_id="bench",
                grant_kind=GrantKind.CLIENT_CREDENTIALS,
                company_id="5",
            )
            connection = await app.grants.add(app.tenant.id, terms, Secrets("unused"))
            written = await fill(self.database_url, app.tenant.id, connection.id, records)
        tell(f"a copy of {written:,} records is there")


@dataclass(frozen=True, slots=True)
class Served:
    """Something that answers over HTTP, and how to be known to it."""

    address: str
    cookies: Mapping[str, str]


@contextmanager
def served(home: Home) -> Iterator[str]:
    """Run `tiebeam web` for as long as the block runs; yields its address."""
    with _running(*_TIEBEAM, "web", environment=home.environment) as (_, line):
        yield line.split()[-4].rstrip(".")


async def signed_in(address: str) -> Served:
    """Come in at the door, as people do."""
    form = {"email": EMAIL, "password": PASSWORD}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{address}/sign-in", data=form, allow_redirects=False) as answer,
    ):
        cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
    if "tiebeam_session" not in cookies:
        raise SystemExit(f"Nobody could sign in at {address}: {answer.status}.")
    return Served(address, cookies)


@contextmanager
def reference(home: Home, size: str) -> Iterator[Home]:
    """Copy a simulated company of a size, which stands still, and yield where its copy is."""
    words = (
        "sim",
        "procore",
        "--port",
        "0",
        "--hourly",
        "0",
        "--spike",
        "0",
        "--pace",
        "0",
        "--size",
        size,
        "--json",
    )
    with _running(*_TIEBEAM, *words, environment=home.environment) as (_, line):
        said: dict[str, Any] = json.loads(line)
        login = {
            "PROCORE_ENVIRONMENT": "custom",
            "PROCORE_LOGIN_URL": said["url"],
            "PROCORE_API_URL": said["url"],
            "PROCORE_CLIENT_ID": said["client_id"],
            "PROCORE_CLIENT_SECRET": said["client_secret"],
        }
        there = Home(home.database_url, home.data, {**home.more, **login})
        there.prepare()
        there.run("connect", "procore")
        there.run("sync")
        yield there


@contextmanager
def _running(*words: str, environment: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a program for as long as the block runs; yields it with the first line that it says."""
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            line = process.stdout.readline().strip()
            if not line:
                raise SystemExit(f"{' '.join(words[1:4])} ended too soon.")
            yield process, line
        finally:
            process.terminate()
