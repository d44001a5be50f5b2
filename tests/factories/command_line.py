"""The command line as a stranger uses it: real processes, a simulated Procore behind a real socket."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.factories.ready_commands import TERMINAL, run_command

import tiebeam
from tiebeam.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SOURCE = Path(tiebeam.__file__).parents[1]
TIEBEAM = (sys.executable, "-m", "tiebeam")
SECONDS_MAX = 240
SECRET = "tiebeam-client-secret"
# Every token and code of the simulator looks like this; a record's hash has half as many digits.
TOKEN = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and its exit code."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one line of JSON on standard output."""
        assert self.out.count("\n") == 1, self
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The error on standard error, which says what happened and what to do."""
        found = json.loads(self.err.splitlines()[-1])["error"]
        assert found["code"], self
        assert found["cause"], self
        assert found["action"], self
        assert isinstance(found, dict)
        return found

    @property
    def text(self) -> str:
        """All that was said, on one line whatever the width of the terminal."""
        return " ".join(f"{self.out} {self.err}".split())


def without_secrets(answer: Answer, *secrets: str) -> Answer:
    """Return the answer, having looked for secrets in it."""
    said = answer.out + answer.err
    for secret in (SECRET, *secrets):
        assert secret not in said, f"{answer.words} told {secret!r}"
    assert not TOKEN.search(said), f"{answer.words} told what looks like a token"
    assert "Traceback" not in said, answer
    return answer


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs `tiebeam` with the environment that a person would have exported."""

    variables: Mapping[str, str]
    folder: Path
    secrets: tuple[str, ...] = ()

    def with_(self, **variables: object) -> Shell:
        """Return this shell with more of `TIEBEAM_…` exported."""
        more = {f"TIEBEAM_{name.upper()}": str(value) for name, value in variables.items()}
        return replace(self, variables={**self.variables, **more})

    def without(self, *names: str) -> Shell:
        """Return this shell with some of `TIEBEAM_…` not exported."""
        gone = {f"TIEBEAM_{name.upper()}" for name in names}
        return replace(self, variables={n: v for n, v in self.variables.items() if n not in gone})

    def hiding(self, *secrets: str) -> Shell:
        """Return this shell with more that no command may ever tell."""
        return replace(self, secrets=(*self.secrets, *secrets))

    def run(self, *words: object, expect: int = Exit.OK, stdin: str = "") -> Answer:
        """Run a command to its end, see that it tells no secret and leaves with the exit code `expect`."""
        texts = tuple(map(str, words))
        ended = run_command(
            texts, stdin=stdin, environment=self.environment, folder=self.folder, seconds_max=SECONDS_MAX
        )
        answer = Answer(texts, ended.returncode, ended.stdout, ended.stderr)
        assert answer.code == expect, answer
        return without_secrets(answer, *self.secrets)

    def json(self, *words: object, expect: int = Exit.OK) -> Any:
        """Run a command with `--json` and return what it printed."""
        return self.run(*words, "--json", expect=expect).json

    def refused(self, *words: object, expect: int) -> dict[str, str]:
        """Run a command with `--json` that must fail, and return its error."""
        return self.run(*words, "--json", expect=expect).error

    def start(self, *words: object, **how: Any) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            (*TIEBEAM, *map(str, words)),
            env=self.environment,
            cwd=self.folder,
            encoding="utf-8",
            start_new_session=True,
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                **how,
            },
        )

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a command."""
        outside = {n: v for n, v in os.environ.items() if not n.startswith("TIEBEAM_")}
        paths = [str(SOURCE), os.environ.get("PYTHONPATH", "")]
        plain = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), **TERMINAL}
        return {**outside, **plain, **self.variables}


def shell(folder: Path, **variables: object) -> Shell:
    """Return a shell whose master key lies in `folder`."""
    folder.mkdir(exist_ok=True, parents=True)
    return Shell({}, folder).with_(data=folder, **variables)


@dataclass(slots=True)
class Simulator:
    """A `tiebeam sim procore` that runs."""

    process: subprocess.Popen[str]
    url: str
    company_id: int
    client_id: str
    client_secret: str = field(repr=False)

    def ask(self, path: str, fields: object = None, **headers: str) -> Any:
        """Return the JSON of an answer; with `fields`, of a POST."""
        body = None if fields is None else json.dumps(fields).encode()
        named = {"Content-Type": "application/json", **headers}
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, body, named), timeout=60
        ) as answer:
            return json.load(answer)

    def control(self, **fields: object) -> None:
        """Move time, switch faults, tools and projects."""
        self.ask("/__sim/control", fields)

    def faults(self, *rules: Mapping[str, object]) -> None:
        """Let things go wrong; with no rules, let nothing go wrong any more."""
        self.control(faults={"seed": 1, "rules": list(rules)})

    def truth(self, resource: str | None = None) -> list[dict[str, Any]]:
        """Return every row of what a perfect copy would hold."""
        rows: list[dict[str, Any]] = []
        offset: int | None = 0
        while offset is not None:
            asked = {"offset": offset, **({"resource": resource} if resource else {})}
            page = self.ask(f"/__sim/truth?{urlencode(asked)}")
            rows += page["rows"]
            offset = page["next"]
        return rows

    def stats(self) -> dict[str, Any]:
        """Return what it was asked so far."""
        found = self.ask("/__sim/stats")
        assert isinstance(found, dict)
        return found

    def calls(self) -> int:
        """Return how many calls the API has had: signing in is not among them."""
        asked: dict[str, int] = self.stats()["by_endpoint"]
        return sum(count for name, count in asked.items() if "/oauth/" not in name)

    def variables(self) -> dict[str, object]:
        """Return the settings that lead to it."""
        return {
            "procore_environment": "custom",
            "procore_login_url": self.url,
            "procore_api_url": self.url,
            "procore_client_id": self.client_id,
            "procore_client_secret": self.client_secret,
            "rate_limit": "false",
        }


@contextmanager
def simulator(folder: Path, *options: object) -> Iterator[Simulator]:
    """Run a simulated Procore whose company stands still, on a free port and without limits, for a while."""
    still = ("--pace", 0) if "--pace" not in options else ()
    words = ("sim", "procore", "--port", 0, "--hourly", 0, "--spike", 0, *still, *options, "--json")
    process = shell(folder).start(*words, stderr=None)
    try:
        assert process.stdout
        announced = process.stdout.readline()
        assert announced, "the simulator has not come up; what it said is on standard error"
        yield Simulator(process, **json.loads(announced))
    finally:
        ended(process)


def ended(process: subprocess.Popen[str]) -> int:
    """End a process that was started here, if it still runs; return its exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
    process.communicate()
    return process.returncode


def code_from(address: str) -> str:
    """Grant access at the login's address, as a person does in a browser; return the code that it shows."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        with urllib.request.build_opener(Stay).open(address, timeout=60) as answer:
            found = re.search(r'id="authorization_code">([^<]+)<', answer.read().decode())
            assert found
            return found[1]
    except urllib.error.HTTPError as redirect:
        with redirect:
            return parse_qs(urlsplit(redirect.headers["Location"]).query)["code"][0]


def rows_of(answers: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return records as listed with `--json`, by their key."""
    return {str(row["key"]): row for row in answers}
