"""`tiebeam demo`: unattended it proves itself in one line of JSON, and it leaves nothing behind."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.factories.command_line import Shell, shell
from tests.factories.embedded import server_folder

from tiebeam.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import Popen

KEYS = {
    "projects",
    "records",
    "calls",
    "calls_minimum",
    "duration_s",
    "changes_applied",
    "deleted",
    "converged",
}


@pytest.fixture
def user() -> Iterator[Shell]:
    """Somebody whose temporary folders lie where the test can see them."""
    with server_folder() as folder:
        place = folder / "tmp"
        place.mkdir()
        place.chmod(0o711)
        found = shell(folder / "home")
        yield Shell({**found.variables, "TMPDIR": str(place)}, found.folder)


def remains(user: Shell) -> list[Path]:
    return list(Path(user.variables["TMPDIR"]).iterdir())


def processes_in(folder: str) -> list[str]:
    """Return the command lines of every process that mentions a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if folder in words:
            found.append(words)
    return found


def proven(said: dict[str, Any]) -> None:
    assert said.keys() >= KEYS
    assert said["converged"] is True
    assert said["calls"] <= 1.05 * said["calls_minimum"]
    assert said["projects"] == said["records"]["projects"] > 0
    assert said["changes_applied"] > 0
    assert sum(said["records"].values()) > 100


@pytest.mark.req("R1", "R2", "R3", "R6", "R12")
def test_a_tiny_company_is_copied_and_proven(user: Shell) -> None:
    said = user.json("demo", "--exit", "--size", "tiny", "--seed", 4)
    proven(said)
    assert said["projects"] == 2
    assert remains(user) == []


@pytest.mark.req("R1", "R2", "R3", "R6", "R12")
def test_the_reference_company_is_copied_and_proven(user: Shell) -> None:
    said = user.json("demo", "--exit")
    proven(said)
    assert said["projects"] >= 20
    assert sum(said["records"].values()) > 4000
    assert said["deleted"] > 0


def test_a_person_reads_what_happened(user: Shell) -> None:
    said = user.run("demo", "--exit", "--size", "tiny").text
    for words in (
        "The first copy of 2 projects",
        "The company works for",
        "Two sweeps",
        "compared by content: equal",
    ):
        assert words in said


def said_so_far(demo: Popen[str], words: str) -> str:
    assert demo.stdout
    heard = ""
    while words not in heard:
        line = demo.stdout.readline()
        assert line, heard
        heard += line
    return heard


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["Simulated Procore at", "The first copy", "It goes on until Ctrl-C"])
def test_ended_at_any_time_it_leaves_nothing_behind(user: Shell, how: signal.Signals, when: str) -> None:
    demo = user.start("demo", "--size", "tiny")
    heard = said_so_far(demo, when)
    demo.send_signal(how)
    out, err = demo.communicate(timeout=60)
    assert demo.returncode == Exit.INTERRUPTED, err
    assert "Traceback" not in out + err
    assert "Interrupted" in err
    assert remains(user) == []
    assert processes_in(user.variables["TMPDIR"]) == [], heard


def test_killed_it_leaves_a_folder_and_no_process(user: Shell) -> None:
    demo = user.start("demo", "--size", "tiny")
    said_so_far(demo, "The first copy")
    assert any("postgres" in words for words in processes_in(user.variables["TMPDIR"]))
    demo.kill()
    demo.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while found := processes_in(user.variables["TMPDIR"]):
        assert time.monotonic() < deadline, found
    assert [folder.name.startswith("tiebeam-demo-") for folder in remains(user)] == [True]


def test_while_it_stays_up_others_may_look_around(user: Shell) -> None:
    demo = user.start("demo", "--size", "tiny")
    said_so_far(demo, "It goes on until Ctrl-C")
    exported = said_so_far(demo, "TIEBEAM_TENANT").split("export ")[1].split()
    visitor = user.with_(
        **{name[8:].lower(): value for name, value in (word.split("=") for word in exported)}
    )
    assert visitor.json("status")["connections"][0]["status"] == "connected"
    assert visitor.json("records", "list", "rfis")
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert demo.returncode == Exit.INTERRUPTED


@pytest.mark.parametrize("size", ["huge", "0x5", "3x-1", "x", "5x", ""])
def test_a_size_that_is_none_is_refused(user: Shell, size: str) -> None:
    assert "size" in user.refused("demo", "--exit", "--size", size, expect=Exit.USAGE)["cause"]


def test_a_setting_that_the_demo_leaves_alone_may_be_bad_all_the_same(user: Shell) -> None:
    error = user.with_(concurrency="many").refused("demo", "--exit", "--size", "tiny", expect=Exit.USAGE)
    assert "TIEBEAM_CONCURRENCY" in error["cause"]
